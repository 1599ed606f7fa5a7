#include "engine_words.hpp"

#include <array>
#include <charconv>
#include <utility>

#include "stoa/http_text.hpp"
#include "stoa/text.hpp"

namespace stoa_plugin::workspaces {

using stoa::fault;
using stoa::fault_kind;
using stoa::json;
using stoa::json_writer;
using stoa::seconds;
using stoa::user_id;

namespace {

constexpr const char* installation_label = "stoa.installation";
constexpr const char* owner_label = "stoa.owner";
constexpr const char* generation_label = "stoa.generation";
constexpr const char* port_label = "stoa.port";
constexpr std::int64_t piece = 16;

std::string prefix_of(const std::string& installation, user_id owner) {
  return "stoa-" + installation.substr(0, 8) + "-" + owner.str();
}

void text(json_writer& w, std::string_view key, std::string_view value) { w.key(key), w.string(value); }
void number(json_writer& w, std::string_view key, std::int64_t value) { w.key(key), w.integer(value); }
void truth(json_writer& w, std::string_view key, bool value) { w.key(key), w.boolean(value); }
void texts(json_writer& w, std::string_view key, const std::vector<std::string>& values) {
  w.key(key), w.begin_array();
  for (const auto& v : values) w.string(v);
  w.end_array();
}

void labels(json_writer& w, const std::string& installation, user_id owner, const stoa::workspace_order* order) {
  w.key("Labels"), w.begin_object();
  text(w, installation_label, installation);
  text(w, owner_label, owner.str());
  if (order) {
    text(w, generation_label, std::to_string(order->generation));
    text(w, port_label, std::to_string(order->port));
  }
  w.end_object();
}

std::string label(const json& all, const char* name) {
  const auto* found = all.find(name);
  return found ? found->text() : std::string();
}

std::optional<std::int64_t> whole(std::string_view text) {
  std::int64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return n;
}

fault unavailable(std::string code, std::string message, std::string details, seconds again) {
  auto f = fault::unavailable(std::move(message), again);
  f.code = std::move(code);
  f.extra.emplace_back("error", "Workspace feature not available");
  f.extra.emplace_back("details", std::move(details));
  return f;
}

bool says(std::string_view message, std::initializer_list<std::string_view> any) {
  const auto lower = stoa::ascii_lower(message);
  for (const auto one : any)
    if (lower.find(one) != lower.npos) return true;
  return false;
}

}  // namespace

std::string name_of_container(const std::string& installation, user_id owner) { return prefix_of(installation, owner); }
std::string name_of_volume(const std::string& installation, user_id owner) {
  return prefix_of(installation, owner) + "-home";
}
std::string name_of_network(const stoa::workspace_order& order) {
  return prefix_of(order.installation, order.owner) + "-" + std::to_string(order.generation);
}

std::optional<std::string> base_of(const std::string& engine) {
  constexpr std::string_view socket = "unix://";
  if (engine.starts_with(socket)) {
    const auto path = engine.substr(socket.size());
    if (path.size() < 2 || path.front() != '/' || path.size() > 100) return std::nullopt;
    return "http+unix://" + stoa::http::percent_encoded(path);
  }
  if (!stoa::looks_like_http_url(engine) || engine.find_first_of("?#") != engine.npos) return std::nullopt;
  return engine.ends_with('/') ? engine.substr(0, engine.size() - 1) : engine;
}

std::optional<std::string> subnet_at(const std::string& network, std::int64_t index) {
  const auto slash = network.find('/');
  if (slash == network.npos || index < 0) return std::nullopt;
  const auto bits = whole(std::string_view(network).substr(slash + 1));
  if (!bits || *bits < 8 || *bits > 28) return std::nullopt;
  std::int64_t base = 0;
  std::string_view rest = std::string_view(network).substr(0, slash);
  for (int i = 0; i < 4; ++i) {
    const auto dot = i < 3 ? rest.find('.') : rest.size();
    if (dot == rest.npos) return std::nullopt;
    const auto byte = whole(rest.substr(0, dot));
    if (!byte || *byte < 0 || *byte > 255) return std::nullopt;
    base = base * 256 + *byte;
    rest.remove_prefix(i < 3 ? dot + 1 : dot);
  }
  const auto size = std::int64_t{1} << (32 - *bits);
  if (base % size != 0 || (index + 1) * piece > size) return std::nullopt;
  const auto at = base + index * piece;
  return std::to_string(at >> 24) + "." + std::to_string((at >> 16) & 255) + "." + std::to_string((at >> 8) & 255) +
         "." + std::to_string(at & 255) + "/28";
}

std::string container_body(const stoa::workspace_order& order, const engine_options& o) {
  const auto inside = std::to_string(o.inside_port) + "/tcp";
  json_writer w;
  w.begin_object();
  text(w, "Image", o.image);
  if (!o.command.empty()) texts(w, "Cmd", o.command);
  if (!o.environment.empty()) texts(w, "Env", o.environment);
  if (!o.user.empty()) text(w, "User", o.user);
  labels(w, order.installation, order.owner, &order);
  w.key("ExposedPorts"), w.begin_object(), w.key(inside), w.begin_object(), w.end_object(), w.end_object();
  w.key("HostConfig"), w.begin_object();
  number(w, "Memory", o.memory);
  number(w, "MemorySwap", o.memory);
  number(w, "NanoCpus", o.cpu_millis * 1'000'000);
  number(w, "PidsLimit", o.pids);
  texts(w, "SecurityOpt", {"no-new-privileges"});
  texts(w, "CapDrop", {"ALL"});
  if (!o.capabilities.empty()) texts(w, "CapAdd", o.capabilities);
  truth(w, "Privileged", false);
  truth(w, "ReadonlyRootfs", o.read_only);
  w.key("Tmpfs"), w.begin_object();
  text(w, "/tmp", "rw,nosuid,nodev,size=" + std::to_string(o.scratch));
  w.end_object();
  text(w, "NetworkMode", name_of_network(order));
  texts(w, "Binds", {name_of_volume(order.installation, order.owner) + ":" + o.home});
  w.key("PortBindings"), w.begin_object(), w.key(inside), w.begin_array(), w.begin_object();
  text(w, "HostIp", o.publish);
  text(w, "HostPort", std::to_string(order.port));
  w.end_object(), w.end_array(), w.end_object();
  w.key("RestartPolicy"), w.begin_object(), text(w, "Name", "no"), w.end_object();
  w.end_object();
  w.end_object();
  return w.take();
}

std::string network_body(const stoa::workspace_order& order, const std::optional<std::string>& subnet) {
  json_writer w;
  w.begin_object();
  text(w, "Name", name_of_network(order));
  truth(w, "CheckDuplicate", true);
  text(w, "Driver", "bridge");
  labels(w, order.installation, order.owner, &order);
  if (subnet) {
    w.key("IPAM"), w.begin_object(), w.key("Config"), w.begin_array(), w.begin_object();
    text(w, "Subnet", *subnet);
    w.end_object(), w.end_array(), w.end_object();
  }
  w.end_object();
  return w.take();
}

std::string volume_body(const std::string& installation, user_id owner) {
  json_writer w;
  w.begin_object();
  text(w, "Name", name_of_volume(installation, owner));
  labels(w, installation, owner, nullptr);
  w.end_object();
  return w.take();
}

std::string label_filter(const std::string& installation, const std::optional<user_id>& owner) {
  std::vector<std::string> wanted{std::string(installation_label) + "=" + installation};
  if (owner) wanted.push_back(std::string(owner_label) + "=" + owner->str());
  json_writer w;
  w.begin_object();
  texts(w, "label", wanted);
  w.end_object();
  return w.take();
}

bool made_for(const json& all, const stoa::workspace_order& order) {
  return label(all, installation_label) == order.installation && label(all, owner_label) == order.owner.str() &&
         label(all, generation_label) == std::to_string(order.generation) &&
         label(all, port_label) == std::to_string(order.port);
}

std::optional<stoa::workspace_seen> seen_in(const json& listed) {
  const auto* all = listed.find("Labels");
  const auto* id = listed.find("Id");
  const auto* state = listed.find("State");
  if (!all || !id) return std::nullopt;
  const auto owner = user_id::parse(label(*all, owner_label));
  const auto generation = whole(label(*all, generation_label));
  if (!owner || !generation) return std::nullopt;
  return stoa::workspace_seen{id->text(), *owner, *generation, state && state->text() == "running"};
}

std::int64_t traffic_in(const json& stats) {
  std::int64_t sum = 0;
  if (const auto* networks = stats.find("networks"))
    for (const auto& [name, one] : networks->members())
      for (const char* way : {"rx_bytes", "tx_bytes"})
        if (const auto* bytes = one.find(way)) sum += bytes->as_integer().value_or(0);
  return sum;
}

fault engine_away() {
  return unavailable("WORKSPACES_UNAVAILABLE", "Docker is not accessible from the backend container.",
                     "Please contact your administrator to enable workspace provisioning.", seconds{30});
}
fault feature_off() {
  auto f = engine_away();
  f.code = "WORKSPACES_OFF";
  return f;
}
fault engine_slow() {
  return unavailable("WORKSPACES_UNAVAILABLE", "Docker did not answer in time.", "Please try again in a moment.",
                     seconds{5});
}
fault still_working() {
  return unavailable("WORKSPACE_BUSY", "The workspace is still being prepared.",
                     "Please try again in a moment: what was begun goes on.", seconds{2});
}
fault engine_full() {
  return unavailable("WORKSPACES_FULL", "There is no room left for workspaces.",
                     "Please contact your administrator: the disk of the container engine is full.", seconds{60});
}
fault image_missing() {
  return unavailable("WORKSPACE_IMAGE_MISSING", "The image of the workspaces is not available.",
                     "Please contact your administrator to provide the image on the container engine.", seconds{60});
}
fault engine_failed() {
  return unavailable("WORKSPACES_UNAVAILABLE", "The workspace could not be started.",
                     "Please try again; if it happens again, contact your administrator.", seconds{10});
}
fault ports_used_up() {
  return unavailable("WORKSPACES_FULL", "All ports for workspaces are in use.",
                     "Please try again later, when somebody else's workspace has been removed.", seconds{60});
}
fault port_taken() {
  return {fault_kind::conflict, "WORKSPACE_PORT_TAKEN", "Something else listens at the workspace's port."};
}

fault refusal_of(int status, std::string_view message) {
  if (says(message, {"no space left on device", "disk quota exceeded"})) return engine_full();
  if (status == 404 && says(message, {"no such image", "image not known", "image not found"})) return image_missing();
  if (says(message, {"port is already allocated", "address already in use", "ports are not available"}))
    return port_taken();
  return engine_failed();
}

}  // namespace stoa_plugin::workspaces
