//! Who a desk asks: a picker, or in tests somebody who plays one.

use std::future::Future;

use crate::model::{Candidate, Failure, Room, Status, Wish};
use crate::plugin::{CallError, Picker};

/// What a desk needs of a picker. Clones ask the same one.
pub trait Asks: Clone + Send + Sync + 'static {
    /// For logs: `name@version`.
    fn label(&self) -> String;

    /// HTTP requests made so far, all calls together.
    fn requests(&self) -> u64;

    /// What a person wrote to the room's canonical id.
    fn resolve(&self, input: &str) -> impl Future<Output = Result<String, CallError>> + Send;

    /// Is each of these rooms live? As many answers as rooms, in their order.
    fn check(&self, rooms: Vec<Room>) -> impl Future<Output = Result<Vec<Result<Status, Failure>>, CallError>> + Send;

    /// Ways to receive a live room.
    fn streams(&self, room: Room, wish: Wish) -> impl Future<Output = Result<Vec<Candidate>, CallError>> + Send;
}

impl Asks for Picker {
    fn label(&self) -> String {
        Picker::label(self)
    }

    fn requests(&self) -> u64 {
        Picker::requests(self)
    }

    async fn resolve(&self, input: &str) -> Result<String, CallError> {
        Picker::resolve(self, input).await
    }

    async fn check(&self, rooms: Vec<Room>) -> Result<Vec<Result<Status, Failure>>, CallError> {
        Picker::check(self, rooms).await
    }

    async fn streams(&self, room: Room, wish: Wish) -> Result<Vec<Candidate>, CallError> {
        Picker::streams(self, room, wish).await
    }
}
