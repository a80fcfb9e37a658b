//! What truncating a blind index would buy, printed.

use encfield::Plan;
use serde_json::json;

use crate::output::Output;

pub(crate) fn run(plan: &Plan, output: &Output) {
    let choices: Vec<_> = plan
        .choices()
        .iter()
        .map(|choice| {
            json!({
                "bits": choice.bits(), "recovered": choice.recovered(),
                "extra_rows": choice.extra_rows(),
            })
        })
        .collect();
    let recommended = plan.recommended().bits();
    output.result(
        plan.to_string().trim_end(),
        &json!({ "event": "plan", "recommended_bits": recommended, "choices": choices }),
    );
}
