# Die Suche, und was ⌘K öffnet.

nav-search = Suchen
palette-title = Gehe zu
search-for = Name oder Kennung
search-do = Suchen
search-what = Seiten, Dienste, Agenten, Menschen und Sitzungen nach ihrem Namen; eine Anfrage oder Sitzung auch nach ihrer Kennung.
search-nothing = <b>Nichts hat { $words } im Namen,</b> von dem, was Sie sehen dürfen.
search-page = Seite
search-person = Mensch
search-request = Anfrage
keys-palette = geht zu einer Seite nach ihrem Namen, oder sucht
