// A database with the core's tables and those of one plugin.
#pragma once

#include <string>

#include "runtime/store/migrate.hpp"
#include "runtime/store/store.hpp"
#include "tests/runtime/store/test_postgres.hpp"

namespace stoa::testing {

inline runtime::store_options plugin_store(const std::string& id) {
  runtime::store_options o;
  o.connection = test_postgres::shared().fresh_database();
  runtime::migrate_options m;
  m.connection = o.connection;
  m.folder = STOA_SOURCE_DIR "/migrations";
  runtime::migrate(m);
  m.folder = STOA_SOURCE_DIR "/plugins/" + id + "/migrations";
  m.scope = id;
  runtime::migrate(m);
  return o;
}

}  // namespace stoa::testing
