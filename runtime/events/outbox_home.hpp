// Which cluster the places in the outbox belong to.
#pragma once

#include "runtime/store/plain.hpp"
#include "stoa/log.hpp"

namespace stoa::runtime {

/// Places in the outbox are transaction ids, which belong to one cluster. Where the database has come from another one,
/// as a restored dump has, its rows get places before whatever this cluster writes, in their order, each stored offset
/// stays between the same two, and the log says so. Rows that were written here meanwhile keep their places. True where
/// that was needed.
///
/// Before anybody reads the outbox, and one at a time: under the lock of the migrations. Needs the core's tables;
/// throws db_error, and then nothing was changed.
bool settle_outbox(plain_connection& db, logger* log);

}  // namespace stoa::runtime
