use leptos::prelude::*;

/// An icon of the sprite. Never alone: a word stands beside it.
#[component]
pub(crate) fn Icon(name: &'static str) -> impl IntoView {
    view! {
        <svg class="i" aria-hidden="true">
            <use href=format!("#i-{name}") />
        </svg>
    }
}

#[cfg(feature = "ssr")]
const PATHS: [(&str, &str); 27] = [
    ("activity", "M4 20h16M6 20v-6h3v6M11 20V7h3v13M16 20v-9h3v9"),
    ("audit", "M6 3.5h9l4 4V20.500H6zM14.5 3.500V8H19M9 12h7M9 15.500h7"),
    ("agents", "M5 9h14v10H5zM12 5v4M9 13.500h.01M15 13.500h.01M3 12.500v3M21 12.500v3"),
    (
        "people",
        "M5.500 8a3.500 3.500 0 1 0 7 0a3.500 3.500 0 1 0-7 0M2.500 19.500a6.500 6.500 0 0 1 13 0M16 5a3.200 3.200 0 0 1 0 6M18 14a6 6 0 0 1 3.500 5.500",
    ),
    (
        "settings",
        "M4 7h9M17 7h3M4 17h3M11 17h9M13 7a2 2 0 1 0 4 0a2 2 0 1 0-4 0M7 17a2 2 0 1 0 4 0a2 2 0 1 0-4 0",
    ),
    ("system", "M3 12h4l2.500-6 5 12 2.500-6h4"),
    (
        "connect",
        "M9.500 14.500l5-5M8 11l-2.500 2.500a3.500 3.500 0 0 0 5 5L13 16M11 8l2.500-2.500a3.500 3.500 0 0 1 5 5L16 13",
    ),
    ("search", "M4.500 10.500a6 6 0 1 0 12 0a6 6 0 1 0-12 0M15 15l5 5"),
    ("more", "M5 7h14M5 12h14M5 17h14"),
    ("inbox", "M4 13l2.5-8h11L20 13v6H4z M4 13h5l1.5 2.5h3L15 13h5"),
    ("sessions", "M3.5 12a8.5 8.5 0 1 0 17 0a8.5 8.5 0 1 0-17 0M12 7v5l3.5 2"),
    ("services", "M9 3v5M15 3v5M6 8h12v3a6 6 0 01-12 0zM12 17v4"),
    ("stop", "M8 6h8a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H8a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2z"),
    ("warning", "M12 4l9 15.5H3zM12 10v4.5M12 17h.01"),
    ("done", "M5 12.5l4.5 4.5L19 7"),
    ("person", "M8 8a4 4 0 1 0 8 0a4 4 0 1 0-8 0M4.5 20a7.5 7.5 0 0 1 15 0"),
    (
        "read",
        "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM9.4 12a2.6 2.6 0 1 0 5.2 0a2.6 2.6 0 1 0-5.2 0",
    ),
    ("write", "M4 20l1-4L16 5l3 3L8 19z"),
    ("send", "M3.5 11.5L20.5 4l-5 16.5-3.7-7zM11.8 13.5L20.5 4"),
    (
        "spend",
        "M3.5 12a8.5 8.5 0 1 0 17 0a8.5 8.5 0 1 0-17 0M14.8 9.2c-.6-.9-1.6-1.4-2.8-1.4-1.6 0-2.8.8-2.8 2.1 0 2.9 5.8 1.3 5.8 4.2 0 1.3-1.3 2.1-3 2.1-1.3 0-2.4-.6-3-1.5M12 6v12",
    ),
    ("delete", "M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13"),
    ("admin", "M12 3l7.5 2.8v5.7c0 4.5-3 7.8-7.5 9.5-4.5-1.7-7.5-5-7.5-9.5V5.800zM12 8v4.5M12 16h.01"),
    ("clock", "M12 7v5l3.5 2M3.5 12a8.5 8.5 0 1 0 17 0a8.5 8.5 0 1 0-17 0"),
    ("denied", "M6 6l12 12M18 6L6 18"),
    ("pending", "M6 12h.01M12 12h.01M18 12h.01"),
    ("granted", "M5 12.5l4.5 4.5L19 7"),
    ("lock", "M6.5 11h11v9h-11zM8.5 11V8a3.5 3.5 0 0 1 7 0v3"),
];

/// All icons, once per document.
#[cfg(feature = "ssr")]
#[component]
pub(crate) fn Sprite() -> impl IntoView {
    let symbols = PATHS.map(|(name, d)| {
        view! {
            <symbol id=format!("i-{name}") viewBox="0 0 24 24">
                <path d=d />
            </symbol>
        }
    });
    view! { <svg class="sprite" aria-hidden="true">{symbols.to_vec()}</svg> }
}
