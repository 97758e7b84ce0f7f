//! What an instance of a module costs beside its memories and tables: the engine keeps a cell for everything that a
//! module declares, and no limit of a store counts them.

use wasmparser::{BinaryReaderError, ElementItems, Payload};

/// Bytes of a cell: the largest that the engine keeps, a function that may be referred to.
const CELL: usize = 48;

/// Bytes of all instances of a call together.
const MOST_BYTES: usize = 128 << 20;

/// Core instances of a call, however light: Python's runtime is linked of some dozens of modules; ten times that is no
/// plugin.
const MOST_INSTANCES: usize = 1_000;

/// Cells of the module that is being read, and of the heaviest one so far.
#[derive(Debug, Default)]
pub(super) struct Weight {
    present: usize,
    heaviest: usize,
}

impl Weight {
    /// Takes the next piece of a file into account.
    pub(super) fn add(&mut self, payload: &Payload<'_>) -> Result<(), BinaryReaderError> {
        let cells = match payload {
            // Its code follows, but no module of its own: modules do not nest.
            Payload::Version { .. } => {
                self.present = 0;
                0
            }
            Payload::ImportSection(section) => section.count(),
            Payload::FunctionSection(section) => section.count(),
            Payload::TableSection(section) => section.count(),
            Payload::MemorySection(section) => section.count(),
            Payload::GlobalSection(section) => section.count(),
            Payload::TagSection(section) => section.count(),
            Payload::ElementSection(section) => {
                let mut items = 0_u32;
                for element in section.clone() {
                    items = items.saturating_add(match element?.items {
                        ElementItems::Functions(functions) => functions.count(),
                        ElementItems::Expressions(_, expressions) => expressions.count(),
                    });
                }
                items
            }
            _ => 0,
        };
        self.present = self.present.saturating_add(usize::try_from(cells).unwrap_or(usize::MAX));
        self.heaviest = self.heaviest.max(self.present);
        Ok(())
    }

    /// How many instances a call may make, were they all of the heaviest module.
    pub(super) fn instances(&self) -> usize {
        let bytes = self.heaviest.saturating_mul(CELL).max(1);
        (MOST_BYTES / bytes).clamp(1, MOST_INSTANCES)
    }
}

#[cfg(test)]
mod tests;
