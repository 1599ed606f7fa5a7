// A server that may open few files.
#include <catch2/catch.hpp>

#include <memory>
#include <vector>

#include "tests/support/server.hpp"
#include "tests/support/socket.hpp"

using namespace stoa;
using namespace stoa::testing;

TEST_CASE("more connections than files: the server serves on when they are closed, and its database all the while",
          "[robustness][accept]") {
  for (const std::uint64_t open_files : {128u, 256u}) {
    INFO(open_files);
    server_options o;
    o.open_files = open_files;
    o.environment = {{"STOA_LOG_LEVEL", "info"}};
    server at(std::move(o));
    const auto port = static_cast<std::uint16_t>(std::stoi(at.url().substr(at.url().rfind(':') + 1)));
    for (int round = 0; round < 2; ++round) {
      std::vector<std::unique_ptr<test::raw_client>> idle;
      for (std::uint64_t i = 0; i < open_files + 40; ++i) idle.push_back(std::make_unique<test::raw_client>(port));
      // Operators have their own, and the database its own.
      CHECK_STATUS(at.operators().get("/ready"), 200);
      idle.clear();
      fresh_account(at);
    }
    CHECK(at.log().find("allows fewer connections") != std::string::npos);
    CHECK(at.log().find("Too many open files") == std::string::npos);
    CHECK(at.log().find("no file descriptor is left") == std::string::npos);
    CHECK(at.stop() == 0);
  }
}
