// A whole server in the test's process, over HTTP and a throw-away PostgreSQL, with a clock that the test moves.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "api/contracts.hpp"
#include "cli/house.hpp"
#include "runtime/observe/log.hpp"
#include "runtime/settings/settings.hpp"
#include "tests/runtime/store/test_postgres.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/server.hpp"

namespace stoa::testing {

/// Settings as `--set` takes them. The shared PostgreSQL's database is fresh unless one is named.
inline runtime::settings house_settings(const std::filesystem::path& data, std::vector<std::string> overrides,
                                        std::string database = {}) {
  if (database.empty()) database = test_postgres::shared().fresh_database();
  std::vector<std::string> all{"data.dir=" + data.string(), "http.listen=127.0.0.1:0",
                               "admin.listen=127.0.0.1:0",  "database.mode=external",
                               "database.url=" + database,  "plugins.dir=" + (build_folder() / "plugins").string(),
                               "limits.enabled=false"};
  for (auto& o : overrides) all.push_back(std::move(o));
  return api::load_settings(runtime::standard_sources(std::nullopt, std::move(all)));
}

class test_house {
 public:
  explicit test_house(std::vector<std::string> overrides = {}, std::string database = {})
      : clock(system_clock().now()),
        settings_(house_settings(data_.path(), std::move(overrides), std::move(database))),
        house_(settings_, clock, runtime::make_logger({log_level::error, runtime::log_style::automatic}), {}) {
    house_.open();
    house_.start();
  }

  testing::client client() const { return testing::client(house_.url()); }
  testing::client operators() const { return testing::client(house_.admin_url()); }
  const std::filesystem::path& data() const { return data_.path(); }
  cli::house& operator*() { return house_; }
  cli::house* operator->() { return &house_; }

  manual_clock clock;  ///< starts at the real time; everything that expires asks it

 private:
  temp_dir data_;
  runtime::settings settings_;
  cli::house house_;
};

}  // namespace stoa::testing
