//! What the template gives a function: variables, memory, batch size.

use std::path::Path;

use serde_json::Value;

use crate::Error;

/// The table's name while measuring.
pub const TABLE: &str = "cxloop-bench";
/// The bus's name while measuring.
pub const BUS: &str = "cxloop-bench-events";

/// A deployment template, read as plain data: `!Ref X` is `X`, `!GetAtt X.Arn` is `X.Arn`.
pub struct Template(Value);

impl Template {
    /// Reads a template file.
    ///
    /// # Errors
    /// A file that cannot be read or is no YAML.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| Error::unusable(&name, error))?;
        Self::parse(&text).map_err(|cause| Error::unusable(&name, cause))
    }

    fn parse(text: &str) -> Result<Self, String> {
        serde_saphyr::from_str(text)
            .map(Self)
            .map_err(|error| error.to_string())
    }

    fn properties(&self, function: &str) -> &Value {
        &self.0["Resources"][resource_name(function)]["Properties"]
    }

    /// The variables that a function is given, with references to resources resolved as on a machine where AWS answers at
    /// `aws_url`. A value that depends on a condition is left out.
    #[must_use]
    pub fn environment(&self, function: &str, aws_url: &str) -> Vec<(String, String)> {
        let of_all = &self.0["Globals"]["Function"];
        let variables = [of_all, self.properties(function)]
            .into_iter()
            .filter_map(|owner| owner["Environment"]["Variables"].as_object())
            .flatten();
        variables
            .filter_map(|(name, value)| Some((name.clone(), self.resolved(value, aws_url)?)))
            .collect()
    }

    fn resolved(&self, value: &Value, aws_url: &str) -> Option<String> {
        let text = match value {
            Value::String(text) => text.as_str(),
            Value::Number(number) => return Some(number.to_string()),
            Value::Bool(switch) => return Some(switch.to_string()),
            _ => return None,
        };
        let default = &self.0["Parameters"][text]["Default"];
        Some(match (text, default) {
            (_, Value::String(default)) => default.clone(),
            (_, Value::Number(default)) => default.to_string(),
            ("Table", _) => TABLE.to_owned(),
            ("EventBus", _) => BUS.to_owned(),
            (queue, _) if queue.ends_with("Queue") => format!("{aws_url}/000000000000/{queue}"),
            (other, _) => other.to_owned(),
        })
    }

    /// The memory of a function in MB; Lambda's own default when the template names none.
    #[must_use]
    pub fn memory_megabytes(&self, function: &str) -> u64 {
        let own = self.properties(function)["MemorySize"].as_u64();
        let of_all = self.0["Globals"]["Function"]["MemorySize"].as_u64();
        own.or(of_all).unwrap_or(128)
    }

    /// The queue that a function works through; empty when it has none.
    #[must_use]
    pub fn queue(&self, function: &str) -> &str {
        let events = self.properties(function)["Events"].as_object();
        let mut queues = events
            .into_iter()
            .flat_map(|events| events.values())
            .filter_map(|event| event["Properties"]["Queue"].as_str());
        let queue = queues.next().unwrap_or_default();
        queue.strip_suffix(".Arn").unwrap_or(queue)
    }

    /// How many messages of its queue a function is given at once; 1 when it has no queue.
    #[must_use]
    pub fn batch_size(&self, function: &str) -> usize {
        let events = self.properties(function)["Events"].as_object();
        let sizes = events
            .into_iter()
            .flat_map(|events| events.values())
            .filter_map(|event| event["Properties"]["BatchSize"].as_u64());
        sizes
            .max()
            .and_then(|size| usize::try_from(size).ok())
            .unwrap_or(1)
    }
}

/// `response-to-case` is deployed as `ResponseToCaseFunction`.
fn resource_name(function: &str) -> String {
    let words = function.split('-').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_uppercase() + rest
    });
    words.collect::<String>() + "Function"
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "
Parameters:
  LogLevel: {Type: String, Default: info}
Globals:
  Function:
    MemorySize: 192
    Environment:
      Variables:
        CXLOOP_TABLE: !Ref Table
        CXLOOP_LOG: !Ref LogLevel
Resources:
  ResponseToCaseFunction:
    Properties:
      Environment:
        Variables:
          CXLOOP_QUEUE_URL: !Ref CaseQueue
          CXLOOP_SOMETIMES: !If [Condition, a, b]
      Events:
        Queue: {Type: SQS, Properties: {Queue: !GetAtt CaseQueue.Arn, BatchSize: 5}}
  SweepFunction:
    Properties:
      MemorySize: 256
";

    #[test]
    fn a_function_gets_the_variables_of_all_and_its_own() {
        let template = Template::parse(TEMPLATE).unwrap();
        let variables = template.environment("response-to-case", "http://127.0.0.1:1");
        let expected = [
            ("CXLOOP_LOG", "info"),
            (
                "CXLOOP_QUEUE_URL",
                "http://127.0.0.1:1/000000000000/CaseQueue",
            ),
            ("CXLOOP_TABLE", TABLE),
        ];
        let mut found: Vec<(&str, &str)> = variables
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        found.sort_unstable();
        assert_eq!(found, expected);
    }

    #[test]
    fn memory_queues_and_batches_are_the_function_s_own_or_the_default() {
        let template = Template::parse(TEMPLATE).unwrap();
        assert_eq!(template.memory_megabytes("response-to-case"), 192);
        assert_eq!(template.memory_megabytes("sweep"), 256);
        assert_eq!(template.batch_size("response-to-case"), 5);
        assert_eq!(template.batch_size("sweep"), 1);
        assert_eq!(template.queue("response-to-case"), "CaseQueue");
        assert_eq!(template.queue("sweep"), "");
    }
}
