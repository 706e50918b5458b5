//! Link options of the shared object.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        // Its threads and signal handlers outlive a configuration of Envoy's, so
        // its code must, too, whatever `do_not_close` says.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
        // Whatever an Envoy lacks is said when it is loaded, and by name.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,now");
    }
}
