//! Nothing: the tests are in `it`, and cargo asks every package for a library or a program.
