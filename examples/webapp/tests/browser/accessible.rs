//! What a page owes to somebody who does not see it, or sees it badly, or has no mouse.

use serde_json::json;

use crate::session::Session;

/// What is wrong with the page that is open, a line each.
pub(crate) async fn problems(page: &Session) -> String {
    let found = page.run(include_str!("accessible.js"), Vec::new()).await;
    let lines = found.as_array().unwrap().iter();
    let lines: Vec<_> = lines.filter_map(|line| line.as_str()).collect();
    lines.join("\n")
}

/// Nothing is wrong, and the focus goes this way from the beginning of the page: by id, or by text.
pub(crate) async fn check(page: &Session, focus: &[&str]) {
    let problems = problems(page).await;
    assert!(problems.is_empty(), "{}\n{problems}", page.url().await);
    // axe-core, where somebody has it.
    if let Some(path) = std::env::var_os("ENCFIELD_AXE") {
        let axe = std::fs::read_to_string(path).unwrap();
        let run = "const done = arguments[0]; void done; return (async () => { \
                   const found = await axe.run(); \
                   return found.violations.map(one => one.id + ': ' + one.help + ' ' + \
                   one.nodes.map(node => node.html).join(' ')); })()";
        let found = page.run(&format!("{axe};\n{run}"), vec![json!(null)]).await;
        assert_eq!(found, json!([]), "{}", page.url().await);
    }
    for expected in focus {
        page.tab().await;
        let script = "const at = document.activeElement; return at.id || at.textContent.trim();";
        assert_eq!(page.run(script, Vec::new()).await, json!(expected));
    }
}
