#include "docker_provider.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "stoa/http_text.hpp"

namespace stoa_plugin::workspaces {

using stoa::done;
using stoa::fault;
using stoa::json;
using stoa::milliseconds;
using stoa::task;
using stoa::user_id;
using stoa::workspace_order;
using stoa::workspace_seen;
using steady = std::chrono::steady_clock;

namespace {

constexpr const char* version = "/v1.41";
/// What a workspace may take to end before it is killed.
constexpr const char* grace = "5";
constexpr std::size_t largest_answer = 16 << 20;

std::string filters(const std::string& installation, const std::optional<user_id>& owner) {
  return "filters=" + stoa::http::percent_encoded(label_filter(installation, owner));
}

}  // namespace

docker_provider::docker_provider(engine_options options, stoa::http_client& http, stoa::logger& log)
    : options_(std::move(options)), base_(base_of(options_.engine).value_or("")), http_(http), log_(log) {}

std::string docker_provider::said::message() const {
  const auto read = json::parse(body);
  if (!read) return body.substr(0, 300);
  const auto* found = read->find("message");
  return found ? found->text() : std::string();
}

task<docker_provider::said> docker_provider::ask(std::string method, std::string path, std::string body) {
  const auto until = co_await stoa::current_deadline();
  const auto began = steady::now();
  auto most = options_.timeout;
  if (until != steady::time_point::max())
    most = std::min(most, std::chrono::duration_cast<milliseconds>(until - began));
  if (most <= milliseconds{0}) co_return engine_slow();
  stoa::http_request r;
  r.method = std::move(method);
  r.url = base_ + version + path;
  if (!body.empty()) r.headers.emplace_back("Content-Type", "application/json");
  r.body = std::move(body);
  r.timeout = most;
  r.max_answer = largest_answer;
  r.allow_private = true;
  auto sending = http_.send(std::move(r));
  auto got = co_await as_result(std::move(sending));
  if (!got) {
    if (steady::now() - began + milliseconds{50} >= most) co_return engine_slow();
    co_return engine_away();
  }
  said out;
  out.status = got->status;
  out.body = std::move(got->body);
  co_return out;
}

fault docker_provider::refused(const said& s, const char* doing) {
  const auto message = s.message();
  auto f = refusal_of(s.status, message);
  if (f.kind == stoa::fault_kind::unavailable)
    log_.warn("the container engine refuses",
              {{"doing", doing}, {"status", std::to_string(s.status)}, {"message", message.substr(0, 300)}});
  return f;
}

task<done> docker_provider::away_with(std::string path) {
  const auto got = co_await ask("DELETE", std::move(path));
  // 409: somebody else removes it at this moment.
  if (!got.ok() && got.status != 404 && got.status != 409) co_return refused(got, "remove");
  co_return done{};
}

task<done> docker_provider::have_network(workspace_order order) {
  const auto subnet =
      options_.subnets.empty() ? std::nullopt : subnet_at(options_.subnets, order.port - options_.first_port);
  auto got = co_await ask("POST", "/networks/create", network_body(order, subnet));
  if (got.ok() || got.status == 409) co_return done{};
  const auto there = co_await ask("GET", "/networks/" + name_of_network(order));
  if (there.ok()) co_return done{};
  // Others have those addresses: the engine shall choose.
  if (subnet) got = co_await ask("POST", "/networks/create", network_body(order, std::nullopt));
  if (!got.ok()) co_return refused(got, "create a network");
  co_return done{};
}

task<std::string> docker_provider::create(workspace_order order) {
  const auto name = name_of_container(order.installation, order.owner);
  const auto volume = co_await ask("POST", "/volumes/create", volume_body(order.installation, order.owner));
  if (!volume.ok()) co_return refused(volume, "create a volume");
  co_await have_network(order);
  const auto body = container_body(order, options_);
  auto got = co_await ask("POST", "/containers/create?name=" + name, body);
  // Podman says so with 500.
  if (got.status == 409 || (!got.ok() && got.message().find("already in use") != std::string::npos)) {
    co_await away_with("/containers/" + name + "?force=1");
    got = co_await ask("POST", "/containers/create?name=" + name, body);
  }
  if (!got.ok()) co_return refused(got, "create a container");
  const auto made = json::parse(got.body);
  const auto* id = made ? made->find("Id") : nullptr;
  if (!id || id->text().empty()) co_return engine_failed();
  co_return id->text();
}

task<done> docker_provider::undo(std::string handle, workspace_order order) {
  auto going = away_with("/containers/" +
                         (handle.empty() ? name_of_container(order.installation, order.owner) : handle) + "?force=1");
  co_await as_result(std::move(going));
  auto network = away_with("/networks/" + name_of_network(order));
  co_await as_result(std::move(network));
  co_return done{};
}

task<std::string> docker_provider::ensure(workspace_order order) {
  const auto name = name_of_container(order.installation, order.owner);
  const auto there = co_await ask("GET", "/containers/" + name + "/json");
  std::string handle;
  if (there.ok()) {
    const auto read = json::parse(there.body);
    const auto* config = read ? read->find("Config") : nullptr;
    const auto* labels = config ? config->find("Labels") : nullptr;
    const auto* id = read ? read->find("Id") : nullptr;
    if (labels && id && made_for(*labels, order))
      handle = id->text();
    else
      co_await away_with("/containers/" + name + "?force=1");
  } else if (there.status != 404) {
    co_return refused(there, "look");
  }
  if (handle.empty()) {
    auto creating = create(order);
    auto made = co_await as_result(std::move(creating));
    if (!made) {
      const std::string by_name;
      co_await undo(by_name, order);
      co_return std::move(made).refusal();
    }
    handle = std::move(made).value();
  }
  auto starting = ask("POST", "/containers/" + handle + "/start");
  const auto started = co_await as_result(std::move(starting));
  if (started && started->ok()) co_return handle;
  auto why = started ? refused(*started, "start") : started.refusal();
  if (started) co_await undo(handle, order);
  co_return why;
}

task<done> docker_provider::stop(std::string handle) {
  const auto got = co_await ask("POST", "/containers/" + handle + "/stop?t=" + grace);
  if (!got.ok() && got.status != 404) co_return refused(got, "stop");
  co_return done{};
}

task<done> docker_provider::remove(std::string installation, user_id owner, bool volume) {
  const auto which = filters(installation, owner);
  const auto found = co_await ask("GET", "/containers/json?all=1&" + which);
  if (!found.ok()) co_return refused(found, "look");
  const auto containers = json::parse(found.body).value();
  for (const auto& one : containers.items())
    if (const auto* id = one.find("Id")) co_await away_with("/containers/" + id->text() + "?force=1");
  const auto around = co_await ask("GET", "/networks?" + which);
  if (!around.ok()) co_return refused(around, "look");
  const auto networks = json::parse(around.body).value();
  for (const auto& one : networks.items())
    if (const auto* name = one.find("Name")) co_await away_with("/networks/" + name->text());
  if (volume) co_await away_with("/volumes/" + name_of_volume(installation, owner) + "?force=1");
  co_return done{};
}

task<done> docker_provider::drop(std::string handle) {
  const auto got = co_await ask("GET", "/containers/" + handle + "/json");
  if (got.status == 404) co_return done{};
  std::string network;
  if (const auto read = json::parse(got.body); read && got.ok())
    if (const auto* host = read->find("HostConfig"))
      if (const auto* mode = host->find("NetworkMode")) network = mode->text();
  co_await away_with("/containers/" + handle + "?force=1");
  if (network.starts_with("stoa-")) {
    auto going = away_with("/networks/" + network);
    co_await as_result(std::move(going));
  }
  co_return done{};
}

task<std::vector<workspace_seen>> docker_provider::list(std::string installation) {
  const auto got = co_await ask("GET", "/containers/json?all=1&" + filters(installation, std::nullopt));
  if (!got.ok()) co_return refused(got, "list");
  json::limits roomy;
  roomy.values = 10'000'000;
  const auto all = json::parse(got.body, roomy);
  if (!all) co_return engine_failed();
  std::vector<workspace_seen> out;
  for (const auto& one : all->items())
    if (auto seen = seen_in(one)) out.push_back(std::move(*seen));
  co_return out;
}

task<std::int64_t> docker_provider::traffic(std::string handle) {
  const auto got = co_await ask("GET", "/containers/" + handle + "/stats?stream=false&one-shot=true");
  if (!got.ok()) co_return refused(got, "measure");
  const auto read = json::parse(got.body);
  if (!read) co_return engine_failed();
  co_return traffic_in(*read);
}

task<std::string> no_provider::ensure(workspace_order) { co_return feature_off(); }
task<done> no_provider::stop(std::string) { co_return feature_off(); }
task<done> no_provider::remove(std::string, user_id, bool) { co_return feature_off(); }
task<done> no_provider::drop(std::string) { co_return feature_off(); }
task<std::vector<workspace_seen>> no_provider::list(std::string) { co_return feature_off(); }
task<std::int64_t> no_provider::traffic(std::string) { co_return feature_off(); }

}  // namespace stoa_plugin::workspaces
