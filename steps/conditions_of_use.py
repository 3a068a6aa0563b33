"""The conditions of use of `ehcert`, short and in each language; a consent is kept with the hash of its text.

What binds the person towards eHealth is eHealth's own contract, shown later. The conditions of the eHealth
certificates themselves are summed up here in our words.
"""

CONDITIONS_OF_USE: dict[str, str] = {
    "en": """\
An eHealth certificate proves who you are to eHealth. It is personal: do not lend it, and keep its file and
password as you keep a key. A production certificate is for a care provider (one each) or a care institution (up
to ten); an acceptance certificate also for those who build software. Whoever requests one knows what a digital
certificate is for, or takes advice.

This program acts in your name with your identity card: it asks your PIN, signs the request and sends it to
eHealth with your name, national number and contact data. It keeps what it did on this computer, encrypted. Your
PIN and passwords are never stored. If you lose the password of the keystore, nobody can recover it.
""",
    "fr": """\
Un certificat eHealth prouve votre identité auprès d'eHealth. Il est personnel : ne le prêtez pas, et gardez son
fichier et son mot de passe comme une clé. Un certificat de production est destiné à un prestataire de soins (un
par personne) ou à une institution de soins (dix au plus) ; un certificat d'acceptation aussi à ceux qui
développent des logiciels. Qui en demande un sait à quoi sert un certificat numérique, ou se fait conseiller.

Ce programme agit en votre nom avec votre carte d'identité : il demande votre code PIN, signe la demande et
l'envoie à eHealth avec vos nom, numéro national et données de contact. Il garde sur cet ordinateur, chiffré, ce
qu'il a fait. Votre code PIN et vos mots de passe ne sont jamais conservés. Si vous perdez le mot de passe du
keystore, personne ne peut le retrouver.
""",
    "nl": """\
Een eHealth-certificaat bewijst bij eHealth wie u bent. Het is persoonlijk: leen het niet uit, en bewaar het
bestand en het wachtwoord zoals een sleutel. Een productiecertificaat is voor een zorgverlener (één per persoon)
of een zorginstelling (hoogstens tien); een acceptatiecertificaat ook voor wie software maakt. Wie er een
aanvraagt weet waartoe een digitaal certificaat dient, of laat zich adviseren.

Dit programma handelt in uw naam met uw identiteitskaart: het vraagt uw pincode, ondertekent de aanvraag en stuurt
ze naar eHealth met uw naam, rijksregisternummer en contactgegevens. Het bewaart op deze computer, versleuteld,
wat het deed. Uw pincode en wachtwoorden worden nooit bewaard. Verliest u het wachtwoord van de keystore, dan kan
niemand het terugvinden.
""",
    "de": """\
Ein eHealth-Zertifikat beweist bei eHealth, wer Sie sind. Es ist persönlich: Verleihen Sie es nicht, und hüten Sie
Datei und Passwort wie einen Schlüssel. Ein Produktionszertifikat ist für einen Pflegeerbringer (eines je Person)
oder eine Pflegeeinrichtung (höchstens zehn); ein Abnahmezertifikat auch für Hersteller von Software. Wer eines
beantragt, weiß, wozu ein digitales Zertifikat dient, oder lässt sich beraten.

Dieses Programm handelt in Ihrem Namen mit Ihrem Personalausweis: Es fragt Ihre PIN, unterschreibt den Antrag und
sendet ihn mit Ihrem Namen, Ihrer Nationalregisternummer und Ihren Kontaktdaten an eHealth. Es bewahrt auf diesem
Computer verschlüsselt, was es getan hat. Ihre PIN und Passwörter werden nie gespeichert. Verlieren Sie das
Passwort des Keystores, kann niemand es wiederherstellen.
""",
}
