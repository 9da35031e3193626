//! How each measured program is started.

use std::path::{Path, PathBuf};

use crate::Error;
use crate::outside::Outside;
use crate::runtime_api::Program;
use crate::template::{BUS, TABLE, Template};

/// Where things are.
#[derive(Debug, Clone)]
pub struct Places {
    /// The workspace.
    pub root: PathBuf,
    /// The folder with a folder for each function, as they are packaged.
    pub binaries: PathBuf,
    /// The folder with the tools that are installed into the project.
    pub tools: PathBuf,
    /// The folder for logs and `bench.json`.
    pub output: PathBuf,
}

impl Places {
    /// What is packaged of a function.
    #[must_use]
    pub fn executable(&self, function: &str) -> PathBuf {
        self.binaries.join(function).join("bootstrap")
    }
}

/// What every program is given, by Lambda or by the machine.
fn surroundings(outside: &Outside) -> Vec<(String, String)> {
    let mut variables: Vec<(String, String)> = [
        ("AWS_ENDPOINT_URL", outside.aws_url.as_str()),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "bench"),
        ("AWS_SECRET_ACCESS_KEY", "bench"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("LANG", "en_US.UTF-8"),
        ("TZ", ":UTC"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    if let Ok(path) = std::env::var("PATH") {
        variables.push(("PATH".to_owned(), path));
    }
    variables
}

/// One of our functions.
///
/// # Errors
/// Its binary is not there.
pub fn function(
    name: &str,
    places: &Places,
    template: &Template,
    outside: &Outside,
) -> Result<Program, Error> {
    let executable = places.executable(name);
    found(&executable, "build the functions first: make bench does")?;
    let mut environment = surroundings(outside);
    environment.extend(template.environment(name, &outside.aws_url));
    environment.push(("_HANDLER".to_owned(), "bootstrap".to_owned()));
    Ok(Program {
        name: name.to_owned(),
        executable,
        arguments: Vec::new(),
        folder: places.output.clone(),
        environment,
        log: places.output.join(format!("{name}.log")),
        memory_megabytes: template.memory_megabytes(name),
    })
}

/// In which language the same job was written by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rival {
    /// Node.
    Node,
    /// Python.
    Python,
}

impl Rival {
    /// Its name, for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Node => "Node",
            Self::Python => "Python",
        }
    }

    fn short(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Python => "python",
        }
    }

    /// One function of the job in this language: `webhooks`, `response-intake` or `response-to-case`.
    ///
    /// # Errors
    /// It was not installed.
    pub fn program(self, name: &str, places: &Places, outside: &Outside) -> Result<Program, Error> {
        let module = name.replace('-', "_");
        let folder = places.root.join("bench/rivals").join(self.short());
        let mend = "install it first: make bench does";
        let (executable, arguments) = match self {
            Self::Node => {
                let bundle = places.tools.join(format!("bench-node/dist/{module}.cjs"));
                found(&bundle, mend)?;
                let runtime = folder.join("runtime.mjs");
                let arguments = [runtime, bundle].map(|path| path.display().to_string());
                (PathBuf::from("node"), arguments.to_vec())
            }
            Self::Python => {
                let python = places.tools.join("bench-python/bin/python");
                found(&python, mend)?;
                let arguments = [
                    "-m".to_owned(),
                    "awslambdaric".to_owned(),
                    format!("{module}.handler"),
                ];
                (python, arguments.to_vec())
            }
        };
        let mut environment = surroundings(outside);
        let settings = [
            ("TABLE", TABLE),
            ("BUS", BUS),
            ("DYNAMICS_URL", outside.dynamics_url.as_str()),
            ("SENDER_SECRET", "cxloop/generic"),
            ("DYNAMICS_SECRET", "cxloop/dynamics"),
            ("NODE_ENV", "production"),
            // Lambda's own Python comes with compiled libraries; so do these after their first start.
            ("PYTHONPATH", "."),
        ];
        environment.extend(settings.map(|(name, value)| (name.to_owned(), value.to_owned())));
        environment.push(("_HANDLER".to_owned(), format!("{module}.handler")));
        Ok(Program {
            name: format!("{} {name}", self.name()),
            executable,
            arguments,
            folder,
            environment,
            log: places.output.join(format!("{}-{name}.log", self.short())),
            memory_megabytes: 256,
        })
    }
}

fn found(path: &Path, mend: &str) -> Result<(), Error> {
    if path.exists() {
        Ok(())
    } else {
        Err(Error::unusable(
            path.display().to_string(),
            format!("it is not there; {mend}"),
        ))
    }
}
