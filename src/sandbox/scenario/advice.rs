//! What helps whoever wrote a word that nobody knows: what was probably meant, or what there is.

use super::super::fault::Fault;
use super::{DIRECTIVES, Word};

pub(super) fn directive(word: &Word) -> String {
    let names = || DIRECTIVES.iter().map(|directive| directive.name);
    if let Some(name) = word.nearest(names()) {
        return format!("; did you mean {name}=?");
    }
    nearest_fault(word).unwrap_or_else(|| {
        let names = names().collect::<Vec<_>>().join("=, ");
        format!("; there are {names}=")
    })
}

pub(super) fn fault(word: &Word) -> String {
    let all = || "; \"idphoto sandbox --scenarios\" lists them".to_owned();
    nearest_fault(word).unwrap_or_else(all)
}

fn nearest_fault(word: &Word) -> Option<String> {
    let fault = word.nearest(Fault::ALL.into_iter().map(Fault::name))?;
    Some(format!("; did you mean fault={fault}?"))
}
