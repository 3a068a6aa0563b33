/* A PKCS#11 library in front of SoftHSM that shows what SoftHSM cannot: readers that are empty, cards that are
 * taken out, blocked PINs, the middleware's own dialog, its stale login.
 *
 * Environment: SHIM_LIBRARY (the SoftHSM library to load), SHIM_CONTROL (a file of "key=value" lines, read again
 * at each call), SHIM_LOG (each call adds a line).
 *
 * Keys: readers=N; card0=SERIAL and card1=SERIAL (the SoftHSM token in that reader; empty: no card);
 * insertion=N (changes whenever a card was moved; older sessions are gone then); C_Name=RV (the function answers
 * that and does nothing); label=TEXT and serial=TEXT of every token; flags_set, flags_clear=BITS of the token; pin=PIN (what the person types in
 * the dialog or on the pad); dialog=1 (signing asks by itself: no login is needed); max_tries=N (blocks then);
 * bad_signature=1; sign_wait=MS (how long the dialog is open); stale=1 (a login without logout is believed, whatever the next PIN is).
 */

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

typedef unsigned long ulong_t;
typedef unsigned char byte_t;

#define OK 0x0UL
#define SLOT_ID_INVALID 0x3UL
#define BUFFER_TOO_SMALL 0x150UL
#define DEVICE_REMOVED 0x32UL
#define TOKEN_NOT_PRESENT 0xE0UL
#define PIN_INCORRECT 0xA0UL
#define PIN_LOCKED 0xA4UL
#define COUNT_LOW 0x10000UL
#define FINAL_TRY 0x20000UL
#define LOCKED 0x40000UL

/* The order of the function list is fixed by the standard. */
enum { INITIALIZE = 0, FINALIZE = 1, GET_FUNCTION_LIST = 3, GET_SLOT_LIST = 4, GET_SLOT_INFO = 5,
       GET_TOKEN_INFO = 6, GET_MECHANISM_LIST = 7, OPEN_SESSION = 12, CLOSE_SESSION = 13, LOGIN = 18,
       LOGOUT = 19, SIGN = 43, FUNCTIONS = 68 };

typedef struct { byte_t major, minor; void *call[FUNCTIONS]; } function_list;
typedef struct { byte_t description[64], manufacturer[32]; ulong_t flags; byte_t versions[4]; } slot_info;
typedef struct { byte_t label[32], manufacturer[32], model[16], serial[16]; ulong_t flags, counts[10];
                 byte_t versions[4], time[16]; } token_info;

static function_list shim, *real;
static ulong_t wrong_pins, logged_in;
static struct { ulong_t handle, insertion; } sessions[64];

static int control(const char *key, char *value, size_t size) {
    char line[256];
    size_t length = strlen(key);
    FILE *file = fopen(getenv("SHIM_CONTROL"), "r");
    int found = 0;
    value[0] = 0;
    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        if (!strncmp(line, key, length) && line[length] == '=') {
            snprintf(value, size, "%s", line + length + 1);
            found = value[0] != 0;
        }
    }
    if (file) fclose(file);
    return found;
}

static ulong_t number(const char *key, ulong_t otherwise) {
    char value[64];
    return control(key, value, sizeof value) ? strtoul(value, NULL, 0) : otherwise;
}

static void note(const char *text) {
    FILE *log = fopen(getenv("SHIM_LOG"), "a");
    if (log) { fprintf(log, "%s\n", text); fclose(log); }
}

/* Writes the call down; true when the control file wants another answer. */
static int answered(const char *name, ulong_t *answer) {
    note(name);
    *answer = number(name, OK);
    return *answer != OK;
}

#define ANSWER(name) do { ulong_t answer; if (answered(name, &answer)) return answer; } while (0)

static void pad(byte_t *field, size_t size, const char *text) {
    memset(field, ' ', size);
    memcpy(field, text, strlen(text) < size ? strlen(text) : size);
}

/* The SoftHSM slot whose token has the serial number of the card in this reader. */
static ulong_t card_slot(ulong_t reader, ulong_t *slot) {
    char key[32], serial[64];
    ulong_t slots[64], count = 64, i;
    token_info info;
    if (reader >= number("readers", 1)) return SLOT_ID_INVALID;
    snprintf(key, sizeof key, "card%lu", reader);
    if (!control(key, serial, sizeof serial)) return TOKEN_NOT_PRESENT;
    ((ulong_t (*)(byte_t, ulong_t *, ulong_t *))real->call[GET_SLOT_LIST])(1, slots, &count);
    for (i = 0; i < count; i++) {
        if (((ulong_t (*)(ulong_t, token_info *))real->call[GET_TOKEN_INFO])(slots[i], &info)) continue;
        if (!strncasecmp((char *)info.serial, serial, strlen(serial))) { *slot = slots[i]; return OK; }
    }
    return TOKEN_NOT_PRESENT;
}

static int is_gone(ulong_t session) {
    int i;
    for (i = 0; i < 64; i++)
        if (sessions[i].handle == session) return sessions[i].insertion != number("insertion", 0);
    return 1;
}

static ulong_t real_login(ulong_t session, byte_t *pin, ulong_t length) {
    return ((ulong_t (*)(ulong_t, ulong_t, byte_t *, ulong_t))real->call[LOGIN])(session, 1, pin, length);
}

static ulong_t initialize(void *arguments) {
    ANSWER("C_Initialize");
    if (!number("max_tries", 0)) wrong_pins = 0;
    return ((ulong_t (*)(void *))real->call[INITIALIZE])(arguments);
}

static ulong_t finalize(void *reserved) {
    ANSWER("C_Finalize");
    logged_in = 0;
    memset(sessions, 0, sizeof sessions);
    return ((ulong_t (*)(void *))real->call[FINALIZE])(reserved);
}

static ulong_t get_slot_list(byte_t present, ulong_t *list, ulong_t *count) {
    ulong_t readers = number("readers", 1), i;
    ANSWER("C_GetSlotList");
    if (list && *count < readers) return BUFFER_TOO_SMALL;
    for (i = 0; list && i < readers; i++) list[i] = i;
    *count = readers;
    return OK;
}

static ulong_t get_slot_info(ulong_t reader, slot_info *info) {
    char description[64];
    ANSWER("C_GetSlotInfo");
    memset(info, 0, sizeof *info);
    snprintf(description, sizeof description, "Shim Reader 00 %02lu", reader);
    pad(info->description, sizeof info->description, description);
    pad(info->manufacturer, sizeof info->manufacturer, "shim");
    return OK;
}

static ulong_t get_token_info(ulong_t reader, token_info *info) {
    ulong_t slot, tries = number("max_tries", 0), result;
    char label[33], serial[17];
    ANSWER("C_GetTokenInfo");
    if ((result = card_slot(reader, &slot))) return result;
    result = ((ulong_t (*)(ulong_t, token_info *))real->call[GET_TOKEN_INFO])(slot, info);
    if (control("label", label, sizeof label)) pad(info->label, sizeof info->label, label);
    if (control("serial", serial, sizeof serial)) pad(info->serial, sizeof info->serial, serial);
    info->flags &= ~(COUNT_LOW | FINAL_TRY | LOCKED);
    if (tries && wrong_pins) info->flags |= COUNT_LOW;
    if (tries && wrong_pins + 1 == tries) info->flags |= FINAL_TRY;
    if (tries && wrong_pins >= tries) info->flags |= LOCKED;
    info->flags = (info->flags | number("flags_set", 0)) & ~number("flags_clear", 0);
    return result;
}

static ulong_t get_mechanism_list(ulong_t reader, ulong_t *list, ulong_t *count) {
    ulong_t slot, result;
    ANSWER("C_GetMechanismList");
    if ((result = card_slot(reader, &slot))) return result;
    return ((ulong_t (*)(ulong_t, ulong_t *, ulong_t *))real->call[GET_MECHANISM_LIST])(slot, list, count);
}

static ulong_t open_session(ulong_t reader, ulong_t flags, void *application, void *notify, ulong_t *handle) {
    ulong_t slot, result, i;
    char pin[64];
    ANSWER("C_OpenSession");
    if ((result = card_slot(reader, &slot))) return result;
    result = ((ulong_t (*)(ulong_t, ulong_t, void *, void *, ulong_t *))real->call[OPEN_SESSION])(
        slot, flags, application, notify, handle);
    for (i = 0; i < 64; i++)
        if (sessions[i].handle) note("a second session");
    for (i = 0; !result && i < 64; i++)
        if (!sessions[i].handle) {
            sessions[i].handle = *handle;
            sessions[i].insertion = number("insertion", 0);
            break;
        }
    /* Where signing asks for the PIN by itself, the keys are visible without a login. */
    if (!result && number("dialog", 0) && control("pin", pin, sizeof pin))
        real_login(*handle, (byte_t *)pin, strlen(pin));
    return result;
}

static ulong_t close_session(ulong_t session) {
    int i;
    ANSWER("C_CloseSession");
    if (is_gone(session)) return DEVICE_REMOVED;
    for (i = 0; i < 64; i++)
        if (sessions[i].handle == session) sessions[i].handle = 0;
    return ((ulong_t (*)(ulong_t))real->call[CLOSE_SESSION])(session);
}

static ulong_t login(ulong_t session, ulong_t user, byte_t *pin, ulong_t length) {
    ulong_t tries = number("max_tries", 0), result;
    char typed[64];
    ANSWER("C_Login");
    if (is_gone(session)) return DEVICE_REMOVED;
    if (tries && wrong_pins >= tries) return PIN_LOCKED;
    if (logged_in && number("stale", 0)) return OK;
    if (!pin) {
        control("pin", typed, sizeof typed);
        pin = (byte_t *)typed;
        length = strlen(typed);
    }
    result = ((ulong_t (*)(ulong_t, ulong_t, byte_t *, ulong_t))real->call[LOGIN])(session, user, pin, length);
    if (result == PIN_INCORRECT && tries && ++wrong_pins >= tries) return PIN_LOCKED;
    if (result == OK) logged_in = 1, wrong_pins = 0;
    return result;
}

static ulong_t logout(ulong_t session) {
    ANSWER("C_Logout");
    if (is_gone(session)) return DEVICE_REMOVED;
    logged_in = 0;
    return ((ulong_t (*)(ulong_t))real->call[LOGOUT])(session);
}

static ulong_t sign(ulong_t session, byte_t *data, ulong_t length, byte_t *signature, ulong_t *size) {
    ulong_t result;
    ANSWER("C_Sign");
    if (is_gone(session)) return DEVICE_REMOVED;
    usleep(1000 * number("sign_wait", 0));
    result = ((ulong_t (*)(ulong_t, byte_t *, ulong_t, byte_t *, ulong_t *))real->call[SIGN])(
        session, data, length, signature, size);
    if (!result && signature && number("bad_signature", 0)) signature[*size / 3] ^= 1;
    return result;
}

ulong_t C_GetFunctionList(function_list **list) {
    void *library = dlopen(getenv("SHIM_LIBRARY"), RTLD_NOW | RTLD_LOCAL);
    ulong_t (*get)(function_list **) = library ? (ulong_t (*)(function_list **))dlsym(library, "C_GetFunctionList") : 0;
    if (!get || get(&real)) return 0x5UL;
    shim = *real;
    shim.call[INITIALIZE] = initialize;
    shim.call[FINALIZE] = finalize;
    shim.call[GET_FUNCTION_LIST] = C_GetFunctionList;
    shim.call[GET_SLOT_LIST] = get_slot_list;
    shim.call[GET_SLOT_INFO] = get_slot_info;
    shim.call[GET_TOKEN_INFO] = get_token_info;
    shim.call[GET_MECHANISM_LIST] = get_mechanism_list;
    shim.call[OPEN_SESSION] = open_session;
    shim.call[CLOSE_SESSION] = close_session;
    shim.call[LOGIN] = login;
    shim.call[LOGOUT] = logout;
    shim.call[SIGN] = sign;
    *list = &shim;
    return OK;
}
