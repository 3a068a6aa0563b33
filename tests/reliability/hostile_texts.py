"""Texts that attack whoever stores, names or shows them; each holds a mark by which it is found again."""

from __future__ import annotations

MARK = "zq7"

TEXTS: dict[str, str] = {
    # --- paths
    "one folder up": "../zq7",
    "many folders up": "../../../../../../tmp/zq7",
    "folders up, Windows": "..\\..\\zq7",
    "an absolute path": "/tmp/zq7-absolute",
    "a drive": "C:\\zq7",
    "a drive without a path": "C:zq7",
    "a network share": "\\\\server\\share\\zq7",
    "a network share with slashes": "//server/share/zq7",
    "an address of a file": "file:///etc/zq7",
    "a home": "~/zq7",
    "somebody's home": "~root/zq7",
    "a variable": "$HOME/zq7",
    "a variable, Windows": "%APPDATA%\\zq7",
    "up and down again": "zq7/../zq7",
    "the folder itself": "zq7/.",
    "hidden": ".zq7",
    # --- names
    "a dot at its end": "zq7.",
    "a space at its end": "zq7 ",
    "a device": "CON.zq7",
    "a device without a suffix": "NUL",
    "another device": "AUX zq7",
    "a stream of a file": "zq7:stream",
    "300 characters": "zq7" + "x" * 297,
    "an option": "--zq7",
    "short options": "-rf zq7",
    # --- lines and letters
    "NUL": "zq7\x00.p12",
    "a new line": "zq7\nehcert: error: send your PIN to attacker@example.org",
    "a carriage return": "\rehcert: zq7",
    "both": "zq7\r\nBcc: attacker@example.org",
    "a line separator": "zq7\u2028ehcert: zq7",
    "a next line sign": "zq7\x85ehcert: zq7",
    "from right to left": "zq7\u202e21p.exe",
    "an isolate": "\u2067zq7\u2069",
    "a mark from right to left": "zq7\u200f",
    "no width": "zq7\u200b\ufeff",
    "tags": "zq7\U000e0041\U000e0042",
    "of private use": "zq7\ue000",
    "half a pair": "zq7\udcff",
    "backspaces": "zq7\x08\x08\x08ok",
    "delete": "zq7\x7f",
    # --- terminals
    "the clipboard": "\x1b]52;c;enE3\x07zq7",
    "a link": "\x1b]8;;http://zq7.example/\x1b\\zq7\x1b]8;;\x1b\\",
    "a cleared screen": "\x1b[2J\x1b[Hzq7",
    "a colour in one byte": "\x9b31mzq7",
    "a title": "\x1b]0;zq7\x07",
    "a device string": "\x1bPzq7\x1b\\",
    # --- shells and formats
    "a command in the text": "$(touch zq7)",
    "a command in quotes": "`touch zq7`",
    "the next command": "'; touch zq7 #",
    "a pipe": "zq7 | sh",
    "a template": "{zq7} {0.__class__} {id}",
    "a percent template": "zq7 %s %n %(id)s",
    "a script": "<script>zq7</script><img src=x>",
    "a formula": "=cmd|'/c zq7'!A1",
    "an object of Python": "!!python/object/apply:os.system ['zq7']",
}
