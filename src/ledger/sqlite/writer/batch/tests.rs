//! A change stands or falls alone; a commit does so for all.

use super::*;

type Fated<T> = (Box<dyn Job>, oneshot::Receiver<Result<T, LedgerError>>);

fn job<T: Send + 'static>(
    work: impl FnOnce(&Connection) -> Result<T, LedgerError> + Send + 'static,
) -> Fated<T> {
    let (reply, answer) = oneshot::channel();
    (Box::new(Order::new(work, reply)), answer)
}

fn insert(number: i64) -> Fated<()> {
    job(move |connection| {
        // Two statements, of which the second one can fail.
        connection.execute("INSERT INTO noted VALUES (?1)", [number])?;
        connection.execute("INSERT INTO numbers VALUES (?1)", [number])?;
        Ok(())
    })
}

fn database() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    let tables = "CREATE TABLE noted (x); CREATE TABLE numbers (x PRIMARY KEY)";
    connection.execute_batch(tables).unwrap();
    connection
}

fn noted(connection: &Connection) -> i64 {
    let count = "SELECT count(*) FROM noted";
    connection.query_row(count, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn a_change_that_fails_does_so_alone_and_whole() {
    let connection = database();
    let (jobs, answers): (Vec<_>, Vec<_>) = [1, 1, 2].map(insert).into_iter().unzip();
    let mut jobs = jobs;
    let fate = write(&connection, &mut jobs);
    assert!(fate.is_ok());
    jobs.into_iter().for_each(|job| job.reply(fate.clone()));
    let [first, twice, other] = answers.try_into().unwrap();
    assert!(first.await.unwrap().is_ok());
    assert!(matches!(twice.await.unwrap(), Err(LedgerError::Engine(_))));
    assert!(other.await.unwrap().is_ok());
    assert_eq!(noted(&connection), 2);
}

#[tokio::test]
async fn after_a_commit_that_failed_nobody_can_say_what_is_written() {
    let mut connection = database();
    connection.commit_hook(Some(|| true)).unwrap();
    let (jobs, answers): (Vec<_>, Vec<_>) = [1, 1, 2].map(insert).into_iter().unzip();
    let mut jobs = jobs;
    let fate = write(&connection, &mut jobs);
    jobs.into_iter().for_each(|job| job.reply(fate.clone()));
    let [first, twice, other] = answers.try_into().unwrap();
    assert!(matches!(
        first.await.unwrap(),
        Err(LedgerError::Uncertain(_))
    ));
    // It failed before, and would not have been written in any case.
    assert!(matches!(twice.await.unwrap(), Err(LedgerError::Engine(_))));
    assert!(matches!(
        other.await.unwrap(),
        Err(LedgerError::Uncertain(_))
    ));
    connection.commit_hook(None::<fn() -> bool>).unwrap();
    assert_eq!(noted(&connection), 0);
    let (job, answer) = insert(3);
    let mut jobs = vec![job];
    let fate = write(&connection, &mut jobs);
    jobs.into_iter().for_each(|job| job.reply(fate.clone()));
    assert!(answer.await.unwrap().is_ok());
}
