# Hereinkommen.

sign-in = Anmelden
sign-in-how = Bei Countersign meldet man sich mit einem Link an, der einmal und zehn Minuten lang gilt. Wer diesen Broker betreibt, erzeugt einen mit
sign-in-before = Bevor Sie angemeldet sind, kann nichts freigegeben werden, und nichts wird gezeigt.
sign-in-incomplete = Dieser Link ist nicht vollständig. Kopieren Sie ihn ganz.
sign-in-link = Damit melden Sie sich auf diesem Gerät an. Der Link gilt danach nicht mehr.

set-up = Einrichten
set-up-what = Machen Sie sich zur ersten Person dieser Installation. Sie werden ihr Admin und Freigeber.
# = en
set-up-code = Code
set-up-code-hint = Der Broker hat ihn beim Start ausgegeben. Er gilt einmal, 30 Minuten lang.
# = en
set-up-name = Name
set-up-name-hint = Für Befehle und das Protokoll: kleine Buchstaben, Ziffern und Bindestriche.
set-up-title = Name für Menschen
set-up-title-hint = Steht auf Seiten und wird Agenten gezeigt. Bleibt das Feld leer, ist es derselbe.
