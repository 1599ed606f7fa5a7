// The documented commands, run by curl against a fresh server: only its address, tokens and numbers are put in.
#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>

#include "tests/api/classic/classic.hpp"

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

void replace_all(std::string& text, const std::string& what, const std::string& by) {
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
}

/// Runs the command; its answer, and the status behind it.
response run(std::string command) {
  replace_all(command, "curl -X", "curl --silent --show-error --max-time 30 --write-out '\\n%{http_code}' -X");
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  REQUIRE(pipe);
  response out;
  out.asked = command;
  char buffer[4096];
  for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, pipe.get())) > 0;) out.body.append(buffer, n);
  const auto end = out.body.rfind('\n');
  REQUIRE(end != out.body.npos);
  out.status = std::stoi(out.body.substr(end + 1));
  out.body.resize(end);
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
    replace_all(command, "http://localhost:8000", fresh->url());
    if (e.who != "nobody") replace_all(command, "<access_token>", tokens.at(e.who));
    for (const auto& [name, number] : numbers) replace_all(command, "{" + name + "}", number);
    const auto answer = run(command);
    REQUIRE_STATUS(answer, e.status);
    if (e.kept_as.empty()) continue;
    if (answer.has("access"))
      tokens[e.kept_as] = answer.text("access");
    else
      numbers[e.kept_as] = std::to_string(answer.integer(answer.has("id") ? "id" : "results.0.id"));
  }
}
