// Writes a dataset with one statement per table.
#pragma once

#include <string>

#include "cli/demo/dataset.hpp"
#include "stoa/db.hpp"

namespace stoa::demo {

/// Inside a transaction. Accounts and categories that are there already stay as they are; all else must be new.
void write(connection& db, const dataset& rows, const std::string& password_hash);

}  // namespace stoa::demo
