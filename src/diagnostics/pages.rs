//! The pages of `docs/diagnostics.md`, one a code. The text is the document itself, so that the two cannot differ.

use super::Code;

/// The document.
const PAGES: &str = include_str!("../../docs/diagnostics.md");

/// The page of a code, without its heading; none where the document has none.
pub fn page(code: Code) -> Option<&'static str> {
    sections().find(|(heading, _)| heading.split_whitespace().next() == Some(code.text())).map(|(_, text)| text.trim())
}

/// The headings of the document, `E0001 unexpected-token`, in its order.
pub fn headings() -> impl Iterator<Item = &'static str> {
    sections().map(|(heading, _)| heading)
}

/// The program on a code's page.
pub fn program(code: Code) -> Option<&'static str> {
    let (_, rest) = page(code)?.split_once("```proc\n")?;
    rest.split_once("```").map(|(program, _)| program)
}

fn sections() -> impl Iterator<Item = (&'static str, &'static str)> {
    PAGES.split("\n## ").skip(1).filter_map(|section| section.split_once('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_found_by_its_code() {
        assert!(page(Code::MissingToken).is_some_and(|page| page.starts_with("A `;`") && !page.contains("E0003")));
        assert_eq!(program(Code::AbortFault), Some("abort();\n"));
    }
}
