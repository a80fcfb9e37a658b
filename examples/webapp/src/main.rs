//! `cargo run -p encfield-webapp`

use std::alloc::System;
use std::process::ExitCode;

use encfield_webapp::{App, Settings, SetupError, logs, make_keyring, router};
use zeroizing_alloc::ZeroAlloc;

/// Every buffer is overwritten when it is freed: those of hyper, of the templates and of the parser of
/// phone numbers, too, which nothing else would wipe.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[allow(clippy::print_stderr, reason = "what a command says when it fails")]
            {
                eprintln!("{error}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), SetupError> {
    let mut arguments = std::env::args_os().skip(1);
    match (arguments.next(), arguments.next(), arguments.next()) {
        (None, ..) => {}
        (Some(command), Some(path), None) if command == "keyring" => return make_keyring(path),
        _ => return Err(SetupError::Usage),
    }
    // Before a key or a password is read. A debug build stays open to a debugger.
    if !cfg!(debug_assertions) {
        encfield::memory::forbid_core_dumps().map_err(SetupError::Memory)?;
    }
    let settings = Settings::from_env()?;
    if settings.lock_memory {
        encfield::memory::lock().map_err(SetupError::Memory)?;
    }
    logs()?;
    settings.install_keyring()?;
    let runtime = tokio::runtime::Runtime::new().map_err(SetupError::Io)?;
    runtime.block_on(serve(settings))
}

async fn serve(settings: Settings) -> Result<(), SetupError> {
    let app = App::new(settings.store().await?);
    let listener = tokio::net::TcpListener::bind(&settings.listen)
        .await
        .map_err(SetupError::Io)?;
    let address = listener.local_addr().map_err(SetupError::Io)?;
    tracing::info!(url = format_args!("http://{address}"), "ready");
    axum::serve(listener, router(app))
        .with_graceful_shutdown(async {
            let _ = tokio::signal::ctrl_c().await;
        })
        .await
        .map_err(SetupError::Io)
}
