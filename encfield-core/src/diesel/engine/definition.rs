//! What a job does, read back from the words in which the engine's table has it.

/// The tasks of a job, as its definition says.
pub(super) struct Definition<'d> {
    tasks: Vec<Described<'d>>,
}

/// One task: the encrypted column, and what is read and written.
#[derive(Default)]
struct Described<'d> {
    column: &'d str,
    reads: Vec<&'d str>,
    writes: Vec<&'d str>,
    /// The plain column, of a task that clears it.
    clears: Option<&'d str>,
}

impl<'d> Definition<'d> {
    /// The definition of a job on this table. What cannot be read in it is not in it.
    pub(super) fn read(definition: &'d str, table: &str) -> Self {
        let (_, tasks) = definition.split_once("] }: ").unwrap_or(("", definition));
        let tasks = tasks.split("; ");
        let tasks = tasks.filter_map(|task| task.strip_prefix(table)?.strip_prefix('.'));
        Self {
            tasks: tasks.filter_map(Described::read).collect(),
        }
    }

    /// Whether both work on an encrypted column, or one of them writes what the other reads or writes.
    pub(super) fn contradicts(&self, other: &Self) -> bool {
        let pairs = self.tasks.iter();
        let mut pairs = pairs.flat_map(|one| other.tasks.iter().map(move |other| (one, other)));
        pairs.any(|(one, other)| {
            one.column == other.column || one.disturbs(other) || other.disturbs(one)
        })
    }

    /// Whether it sets this plain column to NULL, where the encrypted column has the value.
    pub(super) fn clears(&self, column: &str, plain: &str) -> bool {
        let mut tasks = self.tasks.iter();
        tasks.any(|task| task.column == column && task.clears == Some(plain))
    }
}

impl<'d> Described<'d> {
    fn read(task: &'d str) -> Option<Self> {
        let (task, indexes) = task.strip_suffix(']')?.rsplit_once(" [")?;
        let (column, action) = task.split_once(": ")?;
        let indexes = indexes.split(',').filter(|index| !index.is_empty());
        let mut described = Self {
            column,
            reads: vec![column],
            writes: indexes.collect(),
            clears: None,
        };
        let after = |words: &str| action.strip_prefix(words);
        if let Some(from) = after("encrypt from ").or_else(|| after("import from ")) {
            described.reads.push(from);
            described.writes.push(column);
        } else if let Some(plain) = after("clear ") {
            described.writes.push(plain);
            described.clears = Some(plain);
        } else if let Some(to) = after("decrypt to ") {
            described.writes.push(to);
        } else if action == "reencrypt" {
            described.writes.push(column);
        }
        Some(described)
    }

    /// Whether it writes what the other one reads or writes.
    fn disturbs(&self, other: &Self) -> bool {
        let touches = |column| other.reads.contains(column) || other.writes.contains(column);
        self.writes.iter().any(touches)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FieldType, Job, TargetTable, Task};
    use super::*;

    fn text() -> FieldType {
        FieldType::of::<String>()
    }

    fn definition(task: Task) -> String {
        Job::new("j", TargetTable::new("t", ["id"]))
            .with(task)
            .definition()
    }

    #[test]
    fn a_definition_is_read_back_as_what_the_tasks_do() {
        let encrypt = |column, from| definition(Task::encrypt("t", column, from, text()));
        let decrypt = |column, to| definition(Task::decrypt("t", column, to, text()));
        let contradict = |one: &str, other: &str| {
            let (one, other) = (Definition::read(one, "t"), Definition::read(other, "t"));
            assert_eq!(one.contradicts(&other), other.contradicts(&one));
            one.contradicts(&other)
        };
        let a = encrypt("a", "plain");
        assert!(contradict(&a, &decrypt("b", "plain")));
        assert!(contradict(&a, &decrypt("a", "other")));
        assert!(contradict(&a, &definition(Task::reencrypt("t", "a"))));
        assert!(contradict(
            &a,
            &definition(Task::clear("t", "b", "plain", text()))
        ));
        // Two that read the same and write elsewhere.
        assert!(!contradict(&a, &encrypt("b", "plain")));
        assert!(!contradict(&a, &decrypt("b", "other")));
        assert!(!contradict(&a, ""));
        let clear = definition(Task::clear("t", "a", "plain", text()));
        assert!(Definition::read(&clear, "t").clears("a", "plain"));
        assert!(!Definition::read(&clear, "t").clears("b", "plain"));
        assert!(!Definition::read(&a, "t").clears("a", "plain"));
    }
}
