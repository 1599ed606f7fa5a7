// The documented commands, run by curl against a fresh server: only its address, tokens and numbers are put in.
#include <fstream>
#include <map>
#include <sstream>

#include "tests/api/classic/classic.hpp"
#include "tests/support/printed_command.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

struct example {
  std::string who, kept_as, command;
  int status = 0;
};

/// `== who: status = kept as`, and the command until the next one.
std::vector<example> examples() {
  std::ifstream in(std::string(STOA_SOURCE_DIR) + "/tests/api/classic/examples.txt");
  std::vector<example> out;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("== ")) {
      auto& e = out.emplace_back();
      std::istringstream words(line.substr(3));
      std::string equals;
      words >> e.who >> e.status >> equals >> e.kept_as;
      e.who.pop_back();
    } else if (!out.empty()) {
      out.back().command += line + "\n";
    }
  }
  return out;
}

}  // namespace

TEST_CASE("classic: the documented commands run as they are printed", "[classic][examples]") {
  const auto fresh = start_server();
  const auto all = examples();
  REQUIRE(all.size() >= 15);
  std::map<std::string, std::string> tokens, numbers;
  for (const auto& e : all) {
    auto command = e.command;
    if (e.who != "nobody") command = with_all(command, "<access_token>", tokens.at(e.who));
    for (const auto& [name, number] : numbers) command = with_all(command, "{" + name + "}", number);
    const auto answer = run_printed(command, fresh->url());
    REQUIRE_STATUS(answer, e.status);
    if (e.kept_as.empty()) continue;
    if (answer.has("access"))
      tokens[e.kept_as] = answer.text("access");
    else
      numbers[e.kept_as] = std::to_string(answer.integer(answer.has("id") ? "id" : "results.0.id"));
  }
}
