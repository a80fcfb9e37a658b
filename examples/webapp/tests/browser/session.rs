//! A browser, and the application that it looks at.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use encfield_webapp::{App, Store, router};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Where screenshots go.
pub(crate) fn screenshots() -> PathBuf {
    match std::env::var_os("ENCFIELD_SCREENSHOTS") {
        Some(folder) => folder.into(),
        None => std::env::temp_dir().join("encfield-screenshots"),
    }
}

/// What is missing to start a browser.
pub(crate) fn missing() -> Option<String> {
    let there = Command::new("chromedriver")
        .arg("--version")
        .output()
        .is_ok();
    (!there).then(|| "there is no chromedriver; install Debian's chromium-driver".to_owned())
}

/// chromedriver, and the application on a database of its own.
pub(crate) struct Driver {
    child: Child,
    webdriver: String,
    address: String,
    folder: TempDir,
}

impl Driver {
    pub(crate) async fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let store = Store::open(folder.path().join("webapp.sqlite").to_str().unwrap()).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let app = router(App::new(store.unwrap()));
        tokio::spawn(async { axum::serve(listener, app).await });

        let mut child = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines
            .find_map(|line| {
                let line = line.unwrap();
                let (_, port) = line.split_once("started successfully on port ")?;
                Some(port.trim_end_matches('.').to_owned())
            })
            .unwrap();
        // It must not block on what nobody reads.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            child,
            webdriver: format!("http://127.0.0.1:{port}"),
            address,
            folder,
        }
    }

    /// A window: `no-scripts`, `dark`, `narrow`.
    pub(crate) async fn session(&self, name: &str, options: &[&str]) -> Session {
        let has = |option| options.contains(&option);
        let size = if has("narrow") { "500,900" } else { "1000,900" };
        let profile = self.folder.path().join(name);
        let mut arguments = vec![
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--hide-scrollbars".to_owned(),
            format!("--window-size={size}"),
            format!("--user-data-dir={}", profile.display()),
        ];
        if has("dark") {
            arguments.push("--blink-settings=preferredColorScheme=0".to_owned());
        }
        let mut chromium = json!({ "args": arguments });
        if has("no-scripts") {
            chromium["prefs"] = json!({ "profile.managed_default_content_settings.javascript": 2 });
        }
        let capabilities = json!({ "goog:chromeOptions": chromium });
        let Value::Object(capabilities) = capabilities else {
            unreachable!()
        };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&self.webdriver)
            .await
            .unwrap();
        Session {
            client,
            name: name.to_owned(),
            address: self.address.clone(),
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) struct Session {
    client: Client,
    name: String,
    address: String,
}

impl Session {
    pub(crate) async fn open(&self, path: &str) {
        self.goto(&format!("http://{}{path}", self.address)).await;
    }

    pub(crate) async fn goto(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    pub(crate) async fn url(&self) -> String {
        self.client.current_url().await.unwrap().to_string()
    }

    pub(crate) async fn title(&self) -> String {
        self.client.title().await.unwrap()
    }

    pub(crate) async fn text(&self, css: &str) -> String {
        self.client
            .find(Locator::Css(css))
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
    }

    pub(crate) async fn value(&self, id: &str) -> String {
        let field = self.client.find(Locator::Id(id)).await.unwrap();
        field.prop("value").await.unwrap().unwrap()
    }

    pub(crate) async fn focused(&self, attribute: &str) -> Option<String> {
        self.client
            .active_element()
            .await
            .unwrap()
            .attr(attribute)
            .await
            .unwrap()
    }

    /// Types into fields, in place of what is there.
    pub(crate) async fn fill(&self, fields: &[(&str, &str)]) {
        for (id, text) in fields {
            let field = self.client.find(Locator::Id(id)).await.unwrap();
            field.clear().await.unwrap();
            field.send_keys(text).await.unwrap();
        }
    }

    pub(crate) async fn click(&self, css: &str) {
        let element = self.client.find(Locator::Css(css)).await.unwrap();
        element.click().await.unwrap();
    }

    /// Clicks at what leads to another page, and waits until this one is gone.
    pub(crate) async fn follow(&self, css: &str) {
        let page = self.client.find(Locator::Css("html")).await.unwrap();
        self.click(css).await;
        let deadline = Instant::now() + Duration::from_secs(60);
        while page.attr("lang").await.is_ok() {
            assert!(Instant::now() < deadline, "{css} leads nowhere");
            tokio::task::yield_now().await;
        }
    }

    pub(crate) async fn submit(&self) {
        self.follow("main button").await;
    }

    pub(crate) async fn run(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute(script, arguments).await.unwrap()
    }

    /// Moves the focus on, as a person does it.
    pub(crate) async fn tab(&self) {
        let element = self.client.active_element().await.unwrap();
        element.send_keys("\u{e004}").await.unwrap();
    }

    /// Keeps a picture of the page.
    pub(crate) async fn look(&self, name: &str) {
        let folder = screenshots();
        std::fs::create_dir_all(&folder).unwrap();
        let picture = self.client.screenshot().await.unwrap();
        std::fs::write(folder.join(format!("{}-{name}.png", self.name)), picture).unwrap();
    }

    pub(crate) async fn end(self) {
        self.client.close().await.unwrap();
    }
}
