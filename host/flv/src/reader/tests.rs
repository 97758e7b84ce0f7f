//! One named test per fault.
