//! A table of text: the first column to the left, numbers to the right.

use std::fmt;

/// Rows under a header.
pub(super) struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(header: &[&str]) -> Self {
        Self {
            header: header.iter().map(|&name| name.to_owned()).collect(),
            rows: Vec::new(),
        }
    }

    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A column whose cells all begin as numbers do.
    fn is_of_numbers(&self, column: usize) -> bool {
        let mut cells = self
            .rows
            .iter()
            .filter_map(|row| row.get(column))
            .filter(|cell| !cell.is_empty());
        column > 0 && cells.all(|cell| cell.starts_with(|first: char| first.is_ascii_digit()))
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = || std::iter::once(&self.header).chain(&self.rows);
        let width = |column: usize| {
            all()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or_default()
        };
        let columns: Vec<(usize, bool)> = (0..self.header.len())
            .map(|column| (width(column), self.is_of_numbers(column)))
            .collect();
        for row in all() {
            let mut line = String::new();
            for (cell, (width, of_numbers)) in row.iter().zip(&columns) {
                let fill = " ".repeat(width - cell.chars().count());
                let (before, after) = if *of_numbers {
                    (fill.as_str(), "")
                } else {
                    ("", fill.as_str())
                };
                line += &format!("  {before}{cell}{after}");
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_under_one_another_and_words_begin_together() {
        let mut table = Table::new(&["função", "ms", "verdict"]);
        table.row(["a".to_owned(), "12.30".to_owned(), "met".to_owned()]);
        table.row([
            "response".to_owned(),
            "1.234".to_owned(),
            "MISSED".to_owned(),
        ]);
        let expected =
            "  função       ms  verdict\n  a         12.30  met\n  response  1.234  MISSED\n";
        assert_eq!(table.to_string(), expected);
    }
}
