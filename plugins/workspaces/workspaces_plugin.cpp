// The workspaces plugin: settings, and what it is made of.
#include <array>
#include <memory>

#include "docker_provider.hpp"
#include "stoa/plugin.hpp"
#include "workspaces_area.hpp"

namespace stoa_plugin::workspaces {

using namespace stoa;  // NOLINT: the plugin's own source, after its own headers

namespace {

constexpr std::int64_t mebibyte = 1 << 20;

setting whole(std::string key, std::string initial, std::string about, std::int64_t least, std::int64_t most) {
  return {std::move(key), setting_type::integer, std::move(initial), std::move(about), {}, false, least, most};
}

const std::array<setting, 25>& settings() {
  static const std::array<setting, 25> all{{
      {"provider",
       setting_type::text,
       "none",
       "Who makes workspaces: docker (an engine with Docker's API, Podman, too) or none",
       {"none", "docker"}},
      {"engine",
       setting_type::text,
       "unix:///var/run/docker.sock",
       "The engine, by its socket or an http address; all servers of one database use the same one",
       {}},
      {"image", setting_type::text, "", "The image of every workspace; it has to be there", {}},
      {"command", setting_type::text_list, "", "What runs in it; empty: as the image says", {}},
      {"environment", setting_type::text_list, "", "Its environment, as NAME=value", {}},
      {"user", setting_type::text, "", "Whom it runs as; empty: as the image says", {}},
      {"capabilities", setting_type::text_list, "", "Capabilities of Linux that it keeps; all others are dropped", {}},
      whole("inside_port", "8080", "Where it listens", 1, 65535),
      {"home", setting_type::text, "/home/workspace", "Where the owner's volume is, which outlives containers", {}},
      {"publish", setting_type::text, "127.0.0.1", "The machine's address at which workspaces are reached", {}},
      whole("first_port", "8081", "The first of the ports that workspaces get", 1, 65535),
      whole("last_port", "8999", "The last one: there are no more workspaces than ports", 1, 65535),
      {"url", setting_type::text, "http://localhost:{port}", "How owners reach theirs", {}},
      {"subnets",
       setting_type::text,
       "10.209.0.0/16",
       "The addresses of which each workspace's own network gets 16; empty: as the engine chooses",
       {}},
      whole("memory", "1024", "MiB of memory", 6, 1024 * 1024),
      whole("cpu_millis", "1000", "Thousandths of a processor", 10, 1024 * 1000),
      whole("pids", "256", "Processes and threads", 4, 1'000'000),
      {"read_only", setting_type::boolean, "false", "Whether it can write nowhere but in its volume and /tmp", {}},
      whole("scratch", "64", "MiB of /tmp, which is memory", 1, 1024 * 1024),
      {"idle_stop", setting_type::duration, "30m", "How long nobody uses a workspace until it is stopped", {}},
      whole("per_hour", "10", "Workspaces that are made for one person in an hour; 0: no bound", 0, 1'000'000),
      {"timeout", setting_type::duration, "20s", "How long one call to the engine may take", {}},
      {"make_timeout",
       setting_type::duration,
       "1m",
       "How long making, starting, stopping or removing one may take",
       {}},
      {"sweep_every", setting_type::duration, "10s", "How often workspaces are compared with their containers", {}},
      {"owners_every",
       setting_type::duration,
       "10m",
       "How often is looked for workspaces of accounts that are gone or closed",
       {}},
  }};
  return all;
}

milliseconds between(const settings_view& s, const char* key, milliseconds least, milliseconds most,
                     const char* words) {
  const auto found = s.duration(key);
  if (found < least || found > most) throw settings_error(std::string(key) + ": expected " + words);
  return found;
}

engine_options engine_settings(const settings_view& s) {
  engine_options o;
  o.engine = s.text("engine");
  if (!base_of(o.engine))
    throw settings_error("engine: expected a socket such as \"unix:///var/run/docker.sock\", or an address, found \"" +
                         o.engine + "\"");
  o.image = s.text("image");
  if (o.image.empty())
    throw settings_error("image: expected an image such as \"example/workspace:1\" for provider \"docker\"");
  o.command = s.text_list("command");
  o.environment = s.text_list("environment");
  for (const auto& e : o.environment)
    if (e.find('=') == e.npos || e.front() == '=')
      throw settings_error("environment: expected texts such as \"NAME=value\"");
  o.user = s.text("user");
  o.capabilities = s.text_list("capabilities");
  o.inside_port = s.integer("inside_port");
  o.home = s.text("home");
  if (o.home.size() < 2 || o.home.front() != '/' || o.home.find(':') != o.home.npos)
    throw settings_error("home: expected an absolute path, found \"" + o.home + "\"");
  o.publish = s.text("publish");
  o.subnets = s.text("subnets");
  o.first_port = s.integer("first_port");
  if (!o.subnets.empty() && !subnet_at(o.subnets, 0))
    throw settings_error("subnets: expected a network such as \"10.209.0.0/16\", found \"" + o.subnets + "\"");
  o.memory = s.integer("memory") * mebibyte;
  o.cpu_millis = s.integer("cpu_millis");
  o.pids = s.integer("pids");
  o.read_only = s.boolean("read_only");
  o.scratch = s.integer("scratch") * mebibyte;
  o.timeout = between(s, "timeout", milliseconds{100}, minutes{10}, "100ms to 10m");
  return o;
}

class workspaces_plugin final : public plugin {
 public:
  void configure(plugin_host& host) override {
    const auto& s = host.settings();
    if (s.text("provider") == "docker")
      provider_ = std::make_shared<docker_provider>(engine_settings(s), host.http(), host.log());
    else
      provider_ = std::make_shared<no_provider>();
    options_.idle = between(s, "idle_stop", seconds{1}, days{30}, "1s to 30d");
    options_.make_timeout = between(s, "make_timeout", milliseconds{100}, minutes{10}, "100ms to 10m");
    options_.per_hour = s.integer("per_hour");
    options_.ports.first = s.integer("first_port");
    options_.ports.last = s.integer("last_port");
    if (options_.ports.last < options_.ports.first) throw settings_error("last_port: expected no less than first_port");
    url_ = s.text("url");
    if (url_.find("{port}") == url_.npos) throw settings_error("url: expected {port} in it, found \"" + url_ + "\"");
    sweep_every_ = between(s, "sweep_every", milliseconds{100}, days{1}, "100ms to 1d");
    owners_every_ = between(s, "owners_every", milliseconds{100}, days{1}, "100ms to 1d");
  }

  void wire(plugin_host& host) override {
    host.offer<workspace_provider>(provider_);
    all_ = std::make_shared<steward>(host, options_);
    workspaces_area::mount(host.routes(dialect("apranova")), std::make_shared<workspaces_area>(all_, url_));
    host.every("waiting", milliseconds{200}, [all = all_] { return all->look_after_waiting(); });
    host.every("sweep", sweep_every_, [all = all_] { return all->sweep(); });
    host.every("owners", owners_every_, [all = all_] { return all->check_owners(); });
  }

  void drain() override { all_->drain(); }

 private:
  std::shared_ptr<workspace_provider> provider_;
  steward_options options_;
  std::string url_;
  milliseconds sweep_every_{}, owners_every_{};
  std::shared_ptr<steward> all_;
};

}  // namespace

}  // namespace stoa_plugin::workspaces

STOA_PLUGIN("workspaces", "1.0.0", stoa_plugin::workspaces::workspaces_plugin, stoa_plugin::workspaces::settings())
