//! Request headers that change what an answer holds: `Prefer`, conditions, duplicate detection.
//! Source: Microsoft Learn, "Compose HTTP requests and handle errors".

/// What a request prefers, from all its `Prefer` headers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Preferences {
    pub(crate) representation: bool,
    pub(crate) page_size: Option<usize>,
    pub(crate) continue_on_error: bool,
    /// The answer to a query over a set begins to follow its changes.
    pub(crate) track_changes: bool,
    annotations: Vec<String>,
    applied: Vec<String>,
}

impl Preferences {
    /// Reads one header value and adds it. Values with and without quotes are accepted.
    pub(crate) fn add(&mut self, header: &str) {
        for preference in split(header) {
            let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "return" if value.eq_ignore_ascii_case("representation") => {
                    self.representation = true
                }
                "odata.maxpagesize" | "maxpagesize" => match value.parse::<usize>() {
                    Ok(size) if size > 0 => self.page_size = Some(size),
                    _ => continue,
                },
                "odata.include-annotations" => {
                    self.annotations = value
                        .split(',')
                        .map(|pattern| pattern.trim().to_owned())
                        .collect()
                }
                "odata.continue-on-error" | "continue-on-error" => {
                    self.continue_on_error = !value.eq_ignore_ascii_case("false")
                }
                "odata.track-changes" | "track-changes" => self.track_changes = true,
                _ => continue,
            }
            self.applied.push(preference.trim().to_owned());
        }
    }

    /// True when an annotation with this name is wanted; `*` ends a wildcard.
    pub(crate) fn wants(&self, annotation: &str) -> bool {
        self.annotations
            .iter()
            .any(|pattern| match pattern.strip_suffix('*') {
                Some(prefix) => annotation.starts_with(prefix),
                None => pattern == annotation,
            })
    }

    pub(crate) fn any_annotation(&self) -> bool {
        !self.annotations.is_empty()
    }

    /// The value of `Preference-Applied`, when there is one to send.
    pub(crate) fn applied(&self) -> Option<String> {
        (!self.applied.is_empty()).then(|| self.applied.join(","))
    }
}

/// Splits at commas outside quotes.
fn split(header: &str) -> Vec<&str> {
    let (mut quoted, mut start) = (false, 0);
    let mut parts = Vec::new();
    for (at, letter) in header.char_indices() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => {
                parts.push(header[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(header[start..].trim());
    parts
}

/// A condition on the row that a request names.
/// Source: Microsoft Learn, "Perform conditional operations using the Web API".
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    Any,
    Tag(String),
}

impl Condition {
    /// Reads `If-Match` or `If-None-Match`. The literal `null` is what callers send against browser caches; it means nothing.
    pub(crate) fn read(header: Option<&str>) -> Option<Self> {
        match header.map(str::trim) {
            None | Some("" | "null") => None,
            Some("*") => Some(Self::Any),
            Some(tag) => Some(Self::Tag(tag.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preferences_are_read_from_one_line_or_several() {
        let mut preferences = Preferences::default();
        preferences.add("return=representation,odata.include-annotations=\"OData.Community.*,Microsoft.Dynamics.CRM.lookuplogicalname\"");
        preferences.add("odata.maxpagesize=3");
        assert!(preferences.representation);
        assert_eq!(preferences.page_size, Some(3));
        assert!(preferences.wants("OData.Community.Display.V1.FormattedValue"));
        assert!(preferences.wants("Microsoft.Dynamics.CRM.lookuplogicalname"));
        assert!(!preferences.wants("Microsoft.Dynamics.CRM.associatednavigationproperty"));
        assert!(
            preferences
                .applied()
                .unwrap()
                .ends_with("odata.maxpagesize=3")
        );
    }

    #[test]
    fn an_unquoted_annotation_list_and_null_conditions_are_understood() {
        let mut preferences = Preferences::default();
        preferences.add("odata.include-annotations=*");
        assert!(preferences.wants("anything"));
        assert_eq!(Condition::read(Some("null")), None);
        assert_eq!(Condition::read(Some("*")), Some(Condition::Any));
        assert_eq!(
            Condition::read(Some("W/\"5\"")),
            Some(Condition::Tag("W/\"5\"".into()))
        );
    }
}
