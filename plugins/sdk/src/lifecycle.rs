//! What the three export macros share.

/// Declares `__Plugin`, its configured state and its lifecycle.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_lifecycle {
    ($world:ident, $trait:ident, $plugin:ty) => {
        struct __Plugin;
        static CONFIGURED: $crate::state::Configured<$plugin> = $crate::state::Configured::new();

        impl interfaces::lifecycle::Guest for __Plugin {
            fn describe() -> interfaces::lifecycle::Info {
                $crate::panic::install();
                interfaces::lifecycle::Info {
                    name: env!("CARGO_PKG_NAME").into(),
                    version: env!("CARGO_PKG_VERSION").into(),
                    summary: env!("CARGO_PKG_DESCRIPTION").into(),
                    settings_schema: <$plugin as $trait>::SETTINGS_SCHEMA.into(),
                }
            }

            fn configure(
                settings: $crate::__String,
            ) -> Result<(), $crate::__Vec<$crate::Finding>> {
                $crate::panic::install();
                let configured = CONFIGURED.configure(
                    &settings,
                    <$plugin as $trait>::configure,
                    $crate::Finding::invalid_settings,
                );
                drop(settings);
                $crate::arena::keep();
                configured
            }

            fn remarks() -> $crate::__Vec<$crate::Finding> {
                CONFIGURED.get().remarks()
            }
        }

        interfaces::lifecycle::__export_tollgate_plugin_lifecycle_1_2_0_cabi!(
            __Plugin with_types_in interfaces::lifecycle
        );

        #[unsafe(link_section = concat!("component-type:tollgate:", stringify!($world)))]
        static __WORLD: [u8; $crate::worlds::$world.len()] = *$crate::worlds::$world;
    };
}
