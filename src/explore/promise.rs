//! Whether an output can break a promise, found on the graph itself: every state is looked at once for each place in the text that was
//! promised, so that it does not matter how many outputs there are.

use std::collections::HashMap;

use super::graph::{Ending, Graph};
use super::intern::Build;
use super::outputs::Way;

/// What is said of every output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promise {
    /// The text.
    pub text: Vec<u8>,
    /// Whether the text is the whole output, or a part of it.
    pub whole: bool,
    /// Whether every output has it, or none.
    pub always: bool,
}

impl Promise {
    /// Whether this output breaks the promise.
    pub fn is_broken_by(&self, output: &[u8]) -> bool {
        let follower = Follower::new(self);
        follower.broken_at(follower.after(0, output))
    }
}

/// How far what was printed goes along with the text.
struct Follower<'p> {
    promise: &'p Promise,
    /// For each place in the text the longest beginning of it that ends there, as Knuth, Morris and Pratt have it.
    back: Vec<u32>,
}

/// The place of what can never become the whole text any more.
const DEPARTED: u32 = u32::MAX;

impl<'p> Follower<'p> {
    fn new(promise: &'p Promise) -> Follower<'p> {
        let text = &promise.text;
        let mut back = vec![0_u32; text.len() + 1];
        let mut at = 0;
        for place in 1..text.len() {
            while at > 0 && text[place] != text[at] {
                at = back[at] as usize;
            }
            at += usize::from(text[place] == text[at]);
            back[place + 1] = at as u32;
        }
        Follower { promise, back }
    }

    /// The place after some more was printed.
    fn after(&self, place: u32, printed: &[u8]) -> u32 {
        printed.iter().fold(place, |place, byte| self.after_byte(place, *byte))
    }

    fn after_byte(&self, place: u32, byte: u8) -> u32 {
        let text = &self.promise.text;
        let mut at = place as usize;
        if self.promise.whole {
            return if text.get(at) == Some(&byte) { place + 1 } else { DEPARTED };
        }
        if at == text.len() {
            return place;
        }
        while at > 0 && text[at] != byte {
            at = self.back[at] as usize;
        }
        at as u32 + u32::from(text[at] == byte)
    }

    /// Whether an output that ends at this place breaks the promise.
    fn broken_at(&self, place: u32) -> bool {
        (place as usize == self.promise.text.len()) != self.promise.always
    }
}

/// A shortest way to an output that breaks a promise, if one was found.
pub(crate) fn broken(graph: &Graph, promise: &Promise) -> Option<Way> {
    let follower = Follower::new(promise);
    let mut pairs: Vec<(u32, u32, u32, u32)> = vec![(0, 0, 0, 0)];
    let mut known: HashMap<(u32, u32), (), Build> = HashMap::default();
    known.insert((0, 0), ());
    let mut at = 0;
    while let Some((node, place, ..)) = pairs.get(at).copied() {
        if graph.ending(node) == Ending::Finished && follower.broken_at(place) {
            return Some(way_to(graph, &pairs, at));
        }
        for edge in graph.edges_of(node) {
            let to = graph.edges[edge].to;
            let next = follower.after(place, graph.texts.get(graph.text_of(edge)));
            if known.insert((to, next), ()).is_none() {
                pairs.push((to, next, at as u32, edge as u32));
            }
        }
        at += 1;
    }
    None
}

fn way_to(graph: &Graph, pairs: &[(u32, u32, u32, u32)], end: usize) -> Way {
    let (node, ..) = pairs[end];
    let (mut edges, mut at) = (Vec::new(), end);
    while at != 0 {
        let (_, _, before, edge) = pairs[at];
        edges.push(edge);
        at = before as usize;
    }
    edges.reverse();
    Way { text: graph.output_of(&edges), edges, node }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_wherever_it_begins() {
        let part = |text: &str| Promise { text: text.into(), whole: false, always: false };
        for (text, printed, found) in [
            ("aab", "aaab", true),
            ("abab", "abaabab", true),
            ("ab", "ba", false),
            ("", "", true),
            ("aa", "aba", false),
        ] {
            let promise = part(text);
            let follower = Follower::new(&promise);
            assert_eq!(follower.broken_at(follower.after(0, printed.as_bytes())), found, "{text} in {printed}");
        }
        let whole = Promise { whole: true, always: true, ..part("ab") };
        let follower = Follower::new(&whole);
        let broken = |printed: &str| follower.broken_at(follower.after(0, printed.as_bytes()));
        assert_eq!((broken("ab"), broken("abc"), broken("a"), broken("xab")), (false, true, true, true));
    }
}
