//! How messages are drawn and which are heard: options of every command, chosen once for the whole program.

use std::sync::OnceLock;

use clap::{Args, ValueEnum};

use crate::diagnostics::allow::{self, Policy};
use crate::diagnostics::render::Style;
use crate::diagnostics::{Code, Diagnostic, Severity, suggest};

/// The options.
#[derive(Debug, Args)]
#[command(next_help_heading = "Messages")]
pub(crate) struct Messages {
    /// The form of messages on stderr
    #[arg(long, value_enum, value_name = "FORM", default_value_t = Form::Human, global = true)]
    message_format: Form,
    /// Do not say this warning or note, by its name or code; may be given several times
    #[arg(long, value_name = "NAME", value_delimiter = ',', global = true)]
    allow: Vec<String>,
    /// Say this warning as an error, or all of them: `--deny warnings`
    #[arg(long, value_name = "NAME", value_delimiter = ',', global = true)]
    deny: Vec<String>,
    /// Also say what may hurt in another run: hints
    #[arg(long, global = true)]
    hints: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A picture of the source
    Human,
    /// A line each, as compilers do
    Short,
    /// A JSON object a line
    Json,
}

#[derive(Debug)]
struct Chosen {
    form: Form,
    policy: Policy,
}

static CHOSEN: OnceLock<Chosen> = OnceLock::new();

/// Takes the options to heart; gives what there is to say about them.
pub(crate) fn choose(options: &Messages) -> Vec<Diagnostic> {
    let mut odd = Vec::new();
    let mut policy = Policy { hints: options.hints, ..Policy::default() };
    for word in &options.allow {
        match allow::read(word) {
            Ok(code) => policy.allow.push(code),
            Err(why) => odd.push(allow::refused(word, why, None)),
        }
    }
    for word in &options.deny {
        match (word.as_str(), Code::find(word)) {
            ("warnings", _) => policy.deny_warnings = true,
            (_, Some(code)) => policy.deny.push(code),
            (_, None) if suggest::nearest(word, ["warnings"]).is_some() => {
                odd.push(allow::refused(word, allow::Refused::Unknown(Some("warnings")), None));
            }
            (_, None) => {
                odd.push(allow::refused(word, allow::read(word).err().unwrap_or(allow::Refused::Unknown(None)), None))
            }
        }
    }
    // The program chooses once; a second choice would be a mistake of ours, and changes nothing.
    let _ = CHOSEN.set(Chosen { form: options.message_format, policy });
    odd
}

/// How messages are drawn.
pub(crate) fn style() -> Style {
    match CHOSEN.get().map(|chosen| chosen.form) {
        None | Some(Form::Human) => Style::Human { colour: super::colours() },
        Some(Form::Short) => Style::Short,
        Some(Form::Json) => Style::Json,
    }
}

/// Takes out what is not to be heard and raises what is denied.
pub(crate) fn filter(facts: &mut Vec<Diagnostic>) {
    match CHOSEN.get() {
        Some(chosen) => chosen.policy.apply(facts),
        None => Policy::default().apply(facts),
    }
}

/// Shows warnings; whether one of them is denied, so that the program is refused.
pub(crate) fn refuses(warnings: &[Diagnostic], sources: &crate::source::SourceMap) -> bool {
    let mut warnings = warnings.to_vec();
    filter(&mut warnings);
    super::show(&warnings, sources);
    warnings.iter().any(|fact| fact.severity == Severity::Error)
}
