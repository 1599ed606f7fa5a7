// The `stoa` command.
#include <CLI/CLI.hpp>

#include <iostream>

#include "api/contracts.hpp"
#include "cli/commands.hpp"
#include "cli/leftovers.hpp"
#include "cli/plugin_commands.hpp"
#include "cli/plugin_new.hpp"
#include "cli/serve.hpp"
#include "cli/track_commands.hpp"
#include "stoa/fault.hpp"

namespace {

using namespace stoa;

/// What every command that reads settings takes.
struct common_flags {
  std::string config, data, listen;
  std::vector<std::string> set;

  void add_to(CLI::App& command) {
    command.add_option("--config", config, "A settings file on top of config/stoa.toml");
    command.add_option("--data", data, "The data directory ([data] dir)");
    command.add_option("--set", set, "A setting, section.key=value; may be repeated");
  }

  runtime::settings load() const {
    auto overrides = set;
    if (!data.empty()) overrides.push_back("data.dir=" + data);
    if (!listen.empty()) overrides.push_back("http.listen=" + listen);
    std::optional<std::filesystem::path> file;
    if (!config.empty()) file = config;
    return api::load_settings(runtime::standard_sources(file, std::move(overrides)));
  }
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Stoa, a learning-platform backend"};
  app.require_subcommand(1);
  common_flags flags;
  cli::serve_options serving;
  cli::new_user user;
  std::string email, dialect, plugin, subscription, path, key, into = ".";
  bool as_json = false, sure = false, scale = false;
  int courses = 0;

  auto* serve = app.add_subcommand("serve", "Serve the contracts until SIGINT, SIGTERM, SIGQUIT or SIGHUP");
  serve->add_option("--listen", flags.listen, "HOST:PORT ([http] listen); port 0 is any free one");
  serve->add_flag("--demo", serving.demo, "Load the demo data on the first start");
  serve->add_flag("--no-migrate", serving.no_migrate, "Refuse to start where migrations are missing");
  auto* migrate = app.add_subcommand("migrate", "Bring the database's tables up to date, the plugins' included");
  auto* users = app.add_subcommand("user", "Accounts")->require_subcommand(1);
  auto* add = users->add_subcommand("add", "Make an account with any role and print its id");
  add->add_option("--email", user.email)->required();
  add->add_option("--password", user.password)->required();
  add->add_option("--role", user.role, "student, instructor or admin")->capture_default_str();
  add->add_option("--name", user.name, "Full name");
  auto* show = users->add_subcommand("show", "What is known of an account; never its password's hash");
  show->add_option("--email", email)->required();
  auto* disable = users->add_subcommand("disable", "Switch an account off and end its sessions");
  disable->add_option("--email", email)->required();
  auto* enable = users->add_subcommand("enable", "Switch an account on again");
  enable->add_option("--email", email)->required();
  auto* no_mfa = users->add_subcommand("disable-mfa", "Take the second factor of an account away");
  no_mfa->add_option("--email", email)->required();
  cli::track_words said;
  auto* tracks = app.add_subcommand("track", "Tracks: what learners are led through")->require_subcommand(1);
  auto* track_list = tracks->add_subcommand("list", "All tracks");
  auto* track_show = tracks->add_subcommand("show", "One track with its courses");
  auto* track_set = tracks->add_subcommand("set", "Make a track, or change what is said of one");
  auto* track_remove = tracks->add_subcommand("remove", "Take a track away; orders and enrolments stay");
  for (auto* command : {track_show, track_set, track_remove})
    command->add_option("code", said.code, "Its code: DP")->required();
  track_set->add_option("--title", said.title);
  track_set->add_option("--description", said.description);
  track_set->add_option("--price", said.price, "Of all its courses together: 999.00; 0 is not sold");
  track_set->add_option("--currency", said.currency, "usd");
  track_set->add_option("--position", said.position, "Its place among the others");
  track_set->add_option("--open", said.open, "true or false: whether learners may choose it");
  track_set->add_option("--courses", said.courses, "Slugs, ids or numbers of its courses, in order")->delimiter(',');
  auto* demo = app.add_subcommand("demo", "Load the demo data");
  demo->add_option("--courses", courses, "How many courses; more than the built-in ones are variations");
  demo->add_flag("--scale", scale, "Add 20,000 learners with 200,000 enrolments and 2 million finished lessons");
  auto* routes = app.add_subcommand("routes", "Every method and path with the dialect that answers");
  auto* config = app.add_subcommand("config", "Settings")->require_subcommand(1);
  auto* check = config->add_subcommand("check", "Read and check all settings, the plugins' included");
  auto* print = config->add_subcommand("show", "Print the settings in force; secrets are hidden");
  auto* plugins = app.add_subcommand("plugin", "Plugins")->require_subcommand(1);
  auto* list = plugins->add_subcommand("list", "The plugins found");
  auto* leftovers = plugins->add_subcommand("leftovers", "What disabled and removed plugins left in the database");
  auto* drop = plugins->add_subcommand("drop", "Drop what a disabled or removed plugin left: offsets, jobs and tables");
  drop->add_option("plugin", plugin, "The plugin's id")->required();
  auto* plugin_off = plugins->add_subcommand("disable", "Switch a plugin off, on all servers and until it is enabled");
  plugin_off->add_option("plugin", plugin, "The plugin's id")->required();
  auto* plugin_on = plugins->add_subcommand("enable", "Switch a plugin on again");
  plugin_on->add_option("plugin", plugin, "The plugin's id")->required();
  auto* status =
      plugins->add_subcommand("status", "States, times, steps, events and jobs of a running server's plugins");
  status->add_option("plugin", plugin, "The plugin's id; all without it");
  status->add_flag("--json", as_json, "As the server says it");
  auto* reset =
      plugins->add_subcommand("reset", "Forget a plugin's crashes and failures, and bring it back into service");
  reset->add_option("plugin", plugin, "The plugin's id")->required();
  auto* no_offset = plugins->add_subcommand("drop-offset", "Drop the offsets of a plugin that is not in service");
  no_offset->add_option("plugin", plugin, "The plugin's id")->required();
  no_offset->add_option("subscription", subscription, "One of its subscriptions; all without it");
  auto* dead = plugins->add_subcommand("dead-events", "Events that subscriptions could not take");
  dead->add_option("of", plugin, "A plugin's id or a subscription")->required();
  auto* replay = plugins->add_subcommand("replay", "Have such events given again");
  replay->add_option("of", plugin, "A plugin's id or a subscription")->required();
  replay->add_option("event", subscription, "One event's id; all without it");
  auto* purge = plugins->add_subcommand("purge", "Switch a plugin off and drop all it has in the database");
  purge->add_option("plugin", plugin, "The plugin's id")->required();
  purge->add_flag("--yes", sure, "Be sure");
  auto* look = plugins->add_subcommand("check", "Whether this server can load a plugin, without a server");
  look->add_option("path", path, "The plugin's folder or library")->required();
  auto* keygen = plugins->add_subcommand("keygen", "Make a key to sign plugins with, and print its public half");
  keygen->add_option("file", key, "Where the private half goes")->required();
  auto* sign = plugins->add_subcommand("sign", "Sign a plugin's folder as it is");
  sign->add_option("folder", path, "The plugin's folder")->required();
  sign->add_option("--key", key, "The private key's file")->required();
  auto* fresh = plugins->add_subcommand("new", "Write a working plugin from the SDK's template");
  fresh->add_option("name", plugin, "The plugin's id: small letters, digits and _")->required();
  fresh->add_option("--into", into, "The folder in which its own is made")->capture_default_str();
  auto* openapi = app.add_subcommand("openapi", "Print a dialect's OpenAPI document");
  openapi->add_option("dialect", dialect, api::dialect_names())->required();
  auto* events = app.add_subcommand("events", "Print docs/events.md: every kind of event with its payload");
  auto* version = app.add_subcommand("version", "Print the version");
  for (auto* command :
       {serve,  migrate, add,       show,    disable,    enable,     no_mfa,    demo,        routes,    check,
        print,  list,    leftovers, drop,    plugin_off, plugin_on,  status,    reset,       no_offset, dead,
        replay, purge,   look,      openapi, track_list, track_show, track_set, track_remove})
    flags.add_to(*command);

  CLI11_PARSE(app, argc, argv);
  try {
    if (*serve) cli::block_stop_signals();
    if (*version) return cli::print_version();
    if (*events) return cli::print_events();
    if (*fresh) return cli::new_plugin(plugin, into);
    if (*keygen) return cli::make_plugin_key(key);
    if (*sign) return cli::sign_plugin(path, key);
    const auto settings = flags.load();
    if (*serve) return cli::serve(settings, serving);
    if (*migrate) return cli::migrate(settings);
    if (*add) return cli::add_user(settings, user);
    if (*disable) return cli::switch_user(settings, email, false);
    if (*enable) return cli::switch_user(settings, email, true);
    if (*no_mfa) return cli::take_mfa_away(settings, email);
    if (*show) return cli::show_user(settings, email);
    if (*track_list) return cli::list_tracks(settings);
    if (*track_show) return cli::show_track(settings, said.code);
    if (*track_set) return cli::set_track(settings, said);
    if (*track_remove) return cli::remove_track(settings, said.code);
    if (*demo) return cli::load_demo(settings, courses, scale);
    if (*routes) return cli::print_routes(settings);
    if (*check) return cli::check_config(settings);
    if (*print) return cli::show_config(settings);
    if (*list) return cli::list_plugins(settings);
    if (*leftovers) return cli::list_leftovers(settings);
    if (*drop) return cli::drop_leftovers(settings, plugin);
    if (*plugin_off) return cli::switch_plugin(settings, plugin, false);
    if (*plugin_on) return cli::switch_plugin(settings, plugin, true);
    if (*status) return cli::plugin_status(settings, plugin, as_json);
    if (*reset) return cli::reset_plugin(settings, plugin);
    if (*no_offset) return cli::drop_offset(settings, plugin, subscription);
    if (*dead) return cli::list_dead_events(settings, plugin);
    if (*replay) return cli::replay_dead_events(settings, plugin, subscription);
    if (*purge) return cli::purge_plugin(settings, plugin, sure);
    if (*look) return cli::check_plugin(settings, path);
    if (*openapi) return cli::print_openapi(settings, dialect);
  } catch (const fault_error& e) {
    std::cerr << "stoa: " << e.what_fault().message << '\n';
    for (const auto& f : e.what_fault().fields) std::cerr << "  " << f.field << ": " << f.message << '\n';
    return 1;
  } catch (const std::exception& e) {
    std::cerr << "stoa: " << e.what() << '\n';
    return 1;
  }
  return 0;
}
