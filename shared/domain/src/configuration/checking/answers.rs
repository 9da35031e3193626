//! The single answers that conditions and templates ask for, by the question's tag or id.

use std::collections::BTreeSet;

use cel::common::ast::{EntryExpr, Expr, LiteralValue, operators};
use cel::{IdedExpr, Program};
use minijinja::Environment;

/// The variable under which conditions and templates find the answers.
const ANSWERS: &str = "answers";

/// The answers that a condition names: `answers.call_back`, `answers["call_back"]`, `"call_back" in answers`. A condition
/// that cannot be read names none.
pub fn answers_of_condition(condition: &str) -> BTreeSet<String> {
    members_of_condition(condition, ANSWERS)
}

/// The members of a variable that a condition names, as [`answers_of_condition`] does for `answers`.
pub fn members_of_condition(condition: &str, variable: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if let Ok(program) = Program::compile(condition) {
        collect(program.expression(), variable, &mut found);
    }
    found
}

fn collect(expression: &IdedExpr, variable: &str, found: &mut BTreeSet<String>) {
    match &expression.expr {
        Expr::Select(select) => {
            if is_variable(&select.operand, variable) {
                found.insert(select.field.clone());
            }
            collect(&select.operand, variable, found);
        }
        Expr::Call(call) => {
            let asked = match (call.func_name.as_str(), call.args.as_slice()) {
                (operators::INDEX, [of, key]) | (operators::IN, [key, of])
                    if is_variable(of, variable) =>
                {
                    Some(key)
                }
                _ => None,
            };
            if let Some(Expr::Literal(LiteralValue::String(name))) = asked.map(|key| &key.expr) {
                found.insert(name.inner().to_owned());
            }
            for part in call.target.as_deref().into_iter().chain(&call.args) {
                collect(part, variable, found);
            }
        }
        Expr::Comprehension(comprehension) => {
            let parts = [
                &comprehension.iter_range,
                &comprehension.accu_init,
                &comprehension.loop_cond,
                &comprehension.loop_step,
                &comprehension.result,
            ];
            for part in parts {
                collect(part, variable, found);
            }
        }
        Expr::List(list) => {
            for element in &list.elements {
                collect(element, variable, found);
            }
        }
        Expr::Map(map) => {
            for entry in &map.entries {
                if let EntryExpr::MapEntry(entry) = &entry.expr {
                    collect(&entry.key, variable, found);
                    collect(&entry.value, variable, found);
                }
            }
        }
        Expr::Struct(_) | Expr::Ident(_) | Expr::Literal(_) | Expr::Unspecified => {}
    }
}

fn is_variable(expression: &IdedExpr, variable: &str) -> bool {
    matches!(&expression.expr, Expr::Ident(name) if name == variable)
}

/// The answers that a template names, as `answers.call_back` or `answers["call_back"]`. A template that cannot be read
/// names none.
pub fn answers_of_template(template: &str) -> BTreeSet<String> {
    members_of_template(template, ANSWERS)
}

/// The members of a variable that a template names, as [`answers_of_template`] does for `answers`.
pub fn members_of_template(template: &str, variable: &str) -> BTreeSet<String> {
    let environment = Environment::empty();
    let Ok(parsed) = environment.template_from_str(template) else {
        return BTreeSet::new();
    };
    let names = parsed.undeclared_variables(true);
    let mut found: BTreeSet<String> = names
        .iter()
        .filter_map(|name| name.strip_prefix(variable)?.strip_prefix('.'))
        .filter_map(|rest| rest.split('.').next())
        .map(str::to_owned)
        .collect();
    // A name in brackets is told only as one of the answers; it is found where it is written.
    if names.contains(variable) {
        found.extend(in_brackets(template, variable));
    }
    found
}

fn in_brackets(template: &str, variable: &str) -> impl Iterator<Item = String> {
    template.match_indices(variable).filter_map(move |(at, _)| {
        let rest = template[at + variable.len()..].trim_start();
        let rest = rest.strip_prefix('[')?.trim_start();
        let quote = rest.chars().next().filter(|c| ['"', '\''].contains(c))?;
        let (name, rest) = rest[1..].split_once(quote)?;
        rest.trim_start().starts_with(']').then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(found: &BTreeSet<String>) -> Vec<&str> {
        found.iter().map(String::as_str).collect()
    }

    #[test]
    fn the_answers_of_a_condition_are_found_however_they_are_named() {
        let condition = r#"(answers.call_back == "si" || has(answers.velocidade)) && answers["q-17"] > 3
            && "prazo" in answers && [1, 2].exists(n, n == answers.nota) && customer.name == "answers.x""#;
        let found = answers_of_condition(condition);
        assert_eq!(
            names(&found),
            ["call_back", "nota", "prazo", "q-17", "velocidade"]
        );
        assert!(answers_of_condition("answers.").is_empty());
    }

    #[test]
    fn the_answers_of_a_template_are_found_and_its_own_variables_are_not() {
        let template = r#"{{ answers.prazo | default("—") }} {% if answers["q-17"] %}{{ answers['nota'] }}{% endif %}
            {% for a in [1] %}{{ a.b }}{% endfor %} answers.texto"#;
        assert_eq!(
            names(&answers_of_template(template)),
            ["nota", "prazo", "q-17"]
        );
        assert!(answers_of_template("{{ answers.").is_empty());
    }
}
