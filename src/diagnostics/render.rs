//! How a report is drawn; the only file that knows ariadne.

use super::Diagnostic;
use crate::source::SourceMap;
/// x
pub enum Style { 
    /// x
    Human { 
    /// x
    colour: bool } }
/// x
pub fn render(diagnostics: &[Diagnostic], sources: &SourceMap, style: Style) -> String { let _ = style;
    let mut t = String::new();
    for d in diagnostics { t.push_str(&format!("{} {}:{}: {} {:?}\n", d.code.text(), sources.file(d.span().file).name, sources.line(d.span()), d.headline, d.labels.iter().map(|l| (sources.line(l.span), &l.text)).collect::<Vec<_>>())); for n in d.notes.iter().chain(&d.helps) { t.push_str("  "); t.push_str(n); t.push('\n'); } }
    t }
