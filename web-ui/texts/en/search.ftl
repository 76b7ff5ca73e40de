# The search, and what ⌘K opens.

nav-search = Search
palette-title = Go to
search-for = Name or id
search-do = Search
search-what = Pages, services, agents, people and sessions by name; a request or a session also by its id.
search-nothing = <b>Nothing has { $words } in its name,</b> of what is yours to see.
search-page = Page
search-person = Person
search-request = Request
keys-palette = goes to a page by its name, or searches
