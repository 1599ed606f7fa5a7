#include "cli/admin_socket.hpp"

#include <sys/stat.h>

#include <fstream>

#include "cli/plugin_commands.hpp"
#include "stoa/json.hpp"
#include "tests/cli/house/trouble_house.hpp"

using namespace stoa;
using namespace stoa::testing;
using Catch::Matchers::Contains;

TEST_CASE("a server answers its own user's commands at a socket of its data directory", "[house][admin_socket]") {
  temp_dir data;
  CHECK_FALSE(cli::ask_server(data.path(), "hello"));
  {
    const cli::admin_socket here(data.path(), [](const std::string& line) { return "heard " + line; });
    CHECK(cli::ask_server(data.path(), "hello") == "heard hello");
    CHECK(cli::ask_server(data.path(), std::string(10'000, 'x'))->size() == 10'006);
    struct stat there {};
    REQUIRE(::stat(cli::admin_socket_path(data.path()).c_str(), &there) == 0);
    CHECK((there.st_mode & 0777) == 0600);
    CHECK_THROWS_WITH(cli::admin_socket(data.path(), [](const std::string&) { return std::string(); }),
                      Contains("another server has the socket"));
    CHECK(cli::ask_server(data.path(), "again") == "heard again");
  }
  CHECK_FALSE(cli::ask_server(data.path(), "hello"));
  CHECK_FALSE(std::filesystem::exists(cli::admin_socket_path(data.path())));
}

TEST_CASE("a socket that a killed server left is taken over, in a folder of any depth", "[house][admin_socket]") {
  temp_dir data;
  const auto deep = data.path() / std::string(120, 'd') / std::string(60, 'e');
  std::filesystem::create_directories(deep);
  std::ofstream(cli::admin_socket_path(deep)) << "";
  const cli::admin_socket here(deep, [](const std::string& line) { return line; });
  CHECK(cli::ask_server(deep, "hello") == "hello");
}

TEST_CASE("the server says what its plugins are and were, and brings them back", "[house][admin_socket]") {
  trouble_house h({"plugins.trouble.fault=throw_in_start"});
  const auto ask = [&](const std::string& line) {
    const auto answer = cli::ask_server(h->data(), line);
    REQUIRE(answer);
    return json::parse(*answer).value();
  };
  const auto all = ask(R"({"command":"status"})");
  const auto& items = all.find("plugins")->items();
  const auto own =
      std::find_if(items.begin(), items.end(), [](const json& p) { return p.find("id")->text() == "trouble"; });
  REQUIRE(own != items.end());
  CHECK(own->find("state")->text() == "set_aside");
  CHECK(own->find("step")->text() == "start");
  CHECK_THAT(own->find("reason")->text(), Contains("trouble in start"));
  CHECK(own->find("since")->text().starts_with("20"));
  CHECK(own->find("steps")->items().size() >= 5);
  const auto pay =
      std::find_if(items.begin(), items.end(), [](const json& p) { return p.find("id")->text() == "payments"; });
  CHECK(pay->find("state")->text() == "started");
  CHECK(pay->find("required")->as_boolean());

  CHECK_THAT(ask(R"({"command":"reset","plugin":"trouble"})").find("error")->text(), Contains("trouble in start"));
  CHECK(ask(R"({"command":"reset","plugin":"payments"})").find("text")->text() == "payments is started");
  CHECK(ask(R"({"command":"reset","plugin":"nobody"})").find("error")->text() == "there is no plugin nobody");
  CHECK(ask(R"({"command":"dance"})").find("error")->text() == "there is no command dance");
  CHECK(ask("nonsense").find("error"));
}
