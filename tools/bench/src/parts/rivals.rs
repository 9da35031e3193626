//! The same job, written by hand for Node and for Python.

use serde::Serialize;

use super::Measuring;
use super::alone::FunctionFigures;
use super::functions::functions;
use super::job::{Arrival, JobFigures, job};
use super::stages::{Kind, STAGES};
use crate::Error;
use crate::programs::Rival;

/// What was measured of one of them.
#[derive(Debug, Clone, Serialize)]
pub struct RivalFigures {
    /// Its language.
    pub name: String,
    /// Its functions.
    pub functions: Vec<FunctionFigures>,
    /// The whole job.
    pub job: JobFigures,
}

/// Measures both.
///
/// # Errors
/// One was not installed, or fails.
pub async fn rivals(measuring: &Measuring<'_>) -> Result<Vec<RivalFigures>, Error> {
    let mut figures = Vec::new();
    for rival in [Rival::Node, Rival::Python] {
        let kind = Kind::Rival(rival);
        figures.push(RivalFigures {
            name: rival.name().to_owned(),
            functions: functions(kind, &STAGES, measuring).await?,
            job: job(kind, Arrival::Signed, measuring).await?,
        });
    }
    Ok(figures)
}
