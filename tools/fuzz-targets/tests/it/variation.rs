//! Seeded variations of inputs: the same ones every time.

/// Pieces that readers of these formats look at.
const PIECES: &[&str] = &[
    "'",
    "\"",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ";",
    ":",
    "/",
    "$",
    "%",
    "@",
    "&",
    "=",
    "\r\n",
    "\n\n",
    "--",
    "null",
    "true",
    "-1",
    "0",
    "1e308",
    "9223372036854775808",
    "\u{feff}",
    "\u{0}",
    "não",
    "atención",
    "%27",
    "%",
    "+",
    "$filter=",
    "$expand=",
    " and ",
    " or not ",
    "/any(",
    "t:t/",
    "Microsoft.Dynamics.CRM.",
    "$ref",
    "$count",
    "$1",
    "Content-ID: 1",
    "HTTP/1.1 ",
    "v1,",
    "whsec_",
    "- ",
    "  ",
    "&a *a",
    "!!",
    "{{",
    "}}",
];

/// Makes variations.
pub(crate) struct Varied<'i> {
    inputs: &'i [Vec<u8>],
    state: u64,
}

impl<'i> Varied<'i> {
    pub(crate) fn of(inputs: &'i [Vec<u8>], seed: u64) -> Self {
        Self {
            inputs,
            state: seed | 1,
        }
    }

    /// A number below `bound`. Source: Marsaglia, "Xorshift RNGs", 2003.
    fn below(&mut self, bound: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state % (bound.max(1) as u64)) as usize
    }

    /// One of the inputs with some changes.
    pub(crate) fn next(&mut self) -> Vec<u8> {
        let at = self.below(self.inputs.len());
        let mut input = self.inputs[at].clone();
        for _ in 0..=self.below(6) {
            self.change(&mut input);
        }
        input
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.below(input.len() + 1);
        let end = (at + self.below(12)).min(input.len());
        match self.below(6) {
            0 => {
                input.drain(at..end);
            }
            1 => {
                let piece = PIECES[self.below(PIECES.len())];
                input.splice(at..at, piece.bytes());
            }
            2 => {
                let piece = PIECES[self.below(PIECES.len())];
                input.splice(at..end, piece.bytes());
            }
            3 => {
                let again = input[at..end].to_vec();
                input.splice(at..at, again);
            }
            4 => {
                let bit = 1 << self.below(8);
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= bit;
                }
            }
            _ => {
                let other = self.below(self.inputs.len());
                let other = &self.inputs[other];
                let from = at.min(other.len());
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
        }
    }
}
