#include "tests/api/robustness/robustness.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

namespace stoa::testing {

const std::vector<dialect_door>& all_dialects() {
  static const std::vector<dialect_door> all = {{"learnflow", "/learnflow/api/v1"},
                                                {"lms", "/lms/api/v1"},
                                                {"unpuzzle", "/unpuzzle/api/v1"},
                                                {"apranova", "/apranova/api"},
                                                {"classic", "/classic/api"}};
  return all;
}

std::string listed_route::owner() const {
  for (const auto& d : all_dialects())
    if (path.starts_with(d.prefix + "/")) return d.name;
  return "";
}

std::string listed_route::filled() const {
  std::string out;
  bool inside = false;
  for (const char c : path) {
    if (c == '{') out += "3f0b7f7e-0000-7000-8000-000000000000", inside = true;
    if (!inside) out += c;
    if (c == '}') inside = false;
  }
  return out;
}

const std::vector<listed_route>& all_routes() {
  static const std::vector<listed_route> all = [] {
    const auto told = run_stoa({"routes"});
    INFO(told.errors);
    REQUIRE(told.status == 0);
    std::vector<listed_route> out;
    std::istringstream lines(told.output);
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      listed_route r;
      words >> r.method >> r.path;
      for (std::string word; words >> word;) {
        const bool more = word.ends_with(',');
        if (more) word.pop_back();
        r.dialects.push_back(word);
        if (!more) break;
      }
      out.push_back(std::move(r));
    }
    REQUIRE(out.size() > 50);
    return out;
  }();
  return all;
}

std::string not_an_error_of(const std::string& dialect, const response& answer) {
  const std::string shown =
      dialect + ": " + answer.asked + " -> " + std::to_string(answer.status) + " " + answer.body.substr(0, 400);
  if (answer.status < 400 || answer.status > 499) return "no refusal: " + shown;
  if (answer.header("content-type").value_or("").find("application/json") == std::string::npos)
    return "no JSON: " + shown;
  if (!answer.header("x-request-id")) return "no X-Request-ID: " + shown;
  if (answer.header("x-content-type-options") != "nosniff") return "no nosniff: " + shown;
  for (const char* leak : {"select ", "insert ", "terminate", "std::", "/work", ".cpp", "syntax error at"})
    if (answer.body.find(leak) != std::string::npos) return std::string("tells ") + leak + ": " + shown;
  const auto parsed = json::parse(answer.body);
  if (!parsed) return "no JSON: " + shown;
  const json& body = *parsed;
  const auto text = [&](const char* path) {
    const auto* found = find_at(body, path);
    return found && found->is_string() && !found->text().empty();
  };
  bool good = false;
  if (dialect == "learnflow") {
    const auto* status = find_at(body, "error.status");
    good = text("error.code") && text("error.message") && status && status->as_integer() == answer.status;
  } else if (dialect == "lms") {
    const auto* detail = body.find("detail");
    good = detail && (detail->is_string() || (detail->is_array() && !detail->items().empty()));
  } else if (dialect == "unpuzzle") {
    const auto* details = find_at(body, "error.details");
    good = text("status") && body.find("status")->text() == "error" && text("error.code") && text("error.message") &&
           details && details->is_array() && text("timestamp") && text("request_id") &&
           body.find("request_id")->text() == answer.header("x-request-id");
  } else if (dialect == "classic") {
    const auto* success = body.find("success");
    const auto* details = body.find("details");
    good = success && success->is_boolean() && !success->as_boolean() && text("message") && text("error_code") &&
           details && details->is_object();
  } else if (dialect == "apranova") {
    const bool fields =
        body.is_object() && !body.members().empty() &&
        std::all_of(body.members().begin(), body.members().end(), [](const auto& m) { return m.second.is_array(); });
    good = fields || (text("error") && (text("message") || text("details")));
  }
  return good ? "" : "another envelope: " + shown;
}

std::string send_bytes(const server& to, const std::string& bytes, std::chrono::milliseconds patience) {
  const auto colon = to.url().rfind(':');
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(static_cast<std::uint16_t>(std::stoi(to.url().substr(colon + 1))));
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::string got;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0) {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
      const auto n = ::send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) break;  // refused before all of it was said
      sent += static_cast<std::size_t>(n);
    }
    const auto until = std::chrono::steady_clock::now() + patience;
    char some[4096];
    while (true) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
      pollfd ready{fd, POLLIN, 0};
      if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) <= 0) break;
      const auto n = ::recv(fd, some, sizeof some, 0);
      if (n <= 0) break;
      got.append(some, static_cast<std::size_t>(n));
    }
  }
  ::close(fd);
  return got;
}

bool alive(const server& s) { return s.client().get("/health").status == 200; }

}  // namespace stoa::testing
