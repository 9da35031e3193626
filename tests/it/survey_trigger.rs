//! A row that reaches a state asks the right person once, or says why not.

mod deciding;
mod interrupted;
mod over_http;
mod refused_by;
mod scene;
mod schedules;
mod sending;
mod timing;
