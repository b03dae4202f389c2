//! The command line.

const SCENARIOS: [&str; 6] = ["burst", "overload", "growth", "memory", "rules", "soak"];

pub struct Arguments {
    /// JSON in place of the table.
    pub json: bool,
    pub quick: bool,
    /// A file for the JSON.
    pub save: Option<String>,
    words: Vec<String>,
}

impl Arguments {
    /// This program is started as `idphoto` is.
    pub fn are_of_a_gateway() -> bool {
        std::env::args().nth(1).is_some_and(|word| word == "serve")
    }

    pub fn read() -> Self {
        let mut read = Self {
            json: false,
            quick: false,
            save: None,
            words: Vec::new(),
        };
        for argument in std::env::args().skip(1) {
            match argument.split_once('=').unwrap_or((&argument, "")) {
                ("--json", _) => read.json = true,
                ("--quick", _) => read.quick = true,
                ("--save", file) => read.save = Some(file.to_owned()),
                // Cargo's.
                ("--bench", _) => {}
                (flag, _) if flag.starts_with('-') => panic!("{argument} is not known"),
                _ => read.words.push(argument),
            }
        }
        read
    }

    /// And variants, which are the other words.
    pub fn scenarios(&self) -> (Vec<&str>, Vec<&str>) {
        let words = self.words.iter().map(String::as_str);
        words.partition(|word| SCENARIOS.contains(word))
    }
}
