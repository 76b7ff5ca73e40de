# Hereinkommen.


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
