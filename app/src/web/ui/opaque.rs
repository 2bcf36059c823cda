//! Types that hold patient data must not show it in a log.

/// Implements `Debug` for types with patient data: the name of the type and `…`, never a value.
#[macro_export]
macro_rules! opaque_debug {
    ($($type:ident),+ $(,)?) => {$(
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($type), " { … }"))
            }
        }
    )+};
}
