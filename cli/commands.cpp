#include "cli/commands.hpp"

#include <algorithm>
#include <iostream>

#include "actors/account/account_store.hpp"
#include "actors/all_events.hpp"
#include "api/contracts.hpp"
#include "api/http/openapi.hpp"
#include "cli/apart.hpp"
#include "cli/brief_house.hpp"
#include "cli/composition.hpp"
#include "cli/demo/demo.hpp"
#include "cli/house.hpp"
#include "cli/mounting.hpp"
#include "cli/waiting.hpp"
#include "runtime/plugin/host.hpp"
#include "runtime/plugin/manifest.hpp"
#include "stoa/fingerprint.hpp"

namespace stoa::cli {
namespace {

/// The routes of a server with these settings, its plugins' included, and no database.
class surface {
 public:
  explicit surface(const runtime::settings& s) : house_(s, time_, surface_log(), {.surface_only = true}) {
    house_.open();
  }
  const http::router& router() const { return house_.router(); }
  const runtime::runtime_plugin_host& plugins() const { return house_.plugins(); }

 private:
  static std::shared_ptr<runtime::bound_logger> surface_log() {
    return runtime::make_logger({log_level::error, runtime::log_style::automatic});
  }
  stoa::system_clock time_;
  house house_;
};

int print_routes_here(const runtime::settings& s) {
  surface all(s);
  for (const auto& line : all.router().table()) {
    std::string who;
    for (const auto& d : line.dialects) who += (who.empty() ? "" : ", ") + std::string(name_of(d));
    std::printf("%-7s %-64s %-12s %s\n", line.method.c_str(), line.path.c_str(), who.c_str(), line.summary.c_str());
  }
  return 0;
}

int check_config_here(const runtime::settings& s) {
  // Loading has checked the core's settings; wiring the plugins checks theirs.
  surface all(s);
  for (const auto& w : s.warnings) std::cout << "warning: " << w << '\n';
  bool well = true;
  for (const auto& p : all.plugins().list()) {
    if (!p.trouble) continue;
    std::cerr << "stoa: " << p.trouble->reason << '\n';
    well = false;
  }
  if (!well) return 1;
  std::cout << "all settings are in order\n";
  return 0;
}

int print_openapi_here(const runtime::settings& s, const std::string& dialect) {
  const auto wanted = api::dialect_named(dialect);
  if (!wanted) throw settings_error("there is no dialect " + dialect + ": " + api::dialect_names());
  surface all(s);
  std::cout << http::openapi_document(all.router(), *wanted, STOA_VERSION, {}, examples_of(*wanted)) << '\n';
  return 0;
}

}  // namespace

int print_version() {
  std::cout << "stoa " << STOA_VERSION << " (sdk " << STOA_SDK_VERSION << ", " << STOA_SDK_COMPILER << ")\n";
  return 0;
}

int migrate(const runtime::settings& s) {
  auto log = quiet_log();
  log->set_level(log_level::info);
  database_home database(s, database_home::use::beside, *log);
  database.migrate(*log);
  const auto off = database.plugins_off();
  const auto without = [&](const std::string& id) {
    return std::count(off.begin(), off.end(), id) +
           std::count(s.plugins.disabled.begin(), s.plugins.disabled.end(), id);
  };
  for (const auto& p : runtime::in_order_of_need(runtime::discover(plugins_folder(s))).ordered)
    if (without(p.id) == 0) database.migrate_plugin(p.id, p.migrations(), *log);
  database.plugins_loaded();
  database.stop();
  return 0;
}

int add_user(const runtime::settings& s, const new_user& user) {
  const auto wanted = role_named(user.role);
  if (!wanted) throw settings_error("--role " + user.role + ": expected student, instructor or admin");
  brief_house house(s);
  const auto name = split_name::of(user.name);
  registration r;
  r.email = user.email;
  r.password = user.password;
  r.first_name = name.first;
  r.last_name = name.last;
  r.wanted = *wanted;
  role_set roles;
  roles.add(*wanted);
  if (*wanted != role::student) roles.add(role::student);
  const auto id = or_throw(wait_for(house->accounts().add_user(std::move(r), roles)));
  std::cout << id.str() << '\n';
  return 0;
}

int switch_user(const runtime::settings& s, const std::string& email, bool active) {
  brief_house house(s);
  or_throw(wait_for(house->accounts().switch_user(email, active)));
  std::cout << email << (active ? " is active\n" : " is inactive\n");
  return 0;
}

int take_mfa_away(const runtime::settings& s, const std::string& email) {
  brief_house house(s);
  or_throw(wait_for(house->accounts().take_mfa_away(email)));
  std::cout << email << " has no second factor\n";
  return 0;
}

int show_user(const runtime::settings& s, const std::string& email) {
  brief_house house(s);
  const auto found = or_throw(wait_for(
      house->store().query(acts_as_system(), actors::account_store::describe, actors::account_store::sought(email))));
  if (found.empty()) throw settings_error("nobody has the address " + email);
  const auto row = found.front();
  const auto a = actors::account_store::read(row);
  const auto door = actors::account_store::read_door(row);
  std::cout << "id        " << a.id.str() << "\nemail     " << a.email << "\nname      " << a.full_name()
            << "\nroles     ";
  for (role r : {role::student, role::instructor, role::admin})
    if (a.roles.has(r)) std::cout << name_of(r) << ' ';
  std::cout << "\nstate     "
            << (!a.active            ? "inactive"
                : !door.locked_until ? "active"
                                     : "locked until " + rfc3339(*door.locked_until))
            << "\nmfa       " << (a.mfa.on() ? "on" : "off") << "\npassword  "
            << runtime::hash_parameters(door.password_hash) << '\n';
  return 0;
}

int load_demo(const runtime::settings& s, int courses, bool scale) {
  brief_house house(s);
  demo::demo_options options;
  if (courses > 0) options.courses = courses;
  options.scale = scale;
  const auto hash = [&](const std::string& password) { return house->hasher().hash(password); };
  const auto report =
      or_throw(wait_for(demo::load(house->store(), hash, house.time(), house.log(), options), minutes{30}));
  std::cout << report.courses_added << " courses added\n";
  if (scale) std::cout << report.learners_added << " learners added\n";
  return 0;
}

int print_events() {
  std::cout << events_document();
  return 0;
}

int print_routes(const runtime::settings& s) {
  return apart([&] { return print_routes_here(s); });
}

int check_config(const runtime::settings& s) {
  return apart([&] { return check_config_here(s); });
}

int show_config(const runtime::settings& s) {
  // Which values of plugins are secret stands in their libraries.
  return apart([&] {
    std::cout << runtime::show(s, api::declared_sections(), runtime::settings_of_plugins(plugging(s)));
    return 0;
  });
}

int print_openapi(const runtime::settings& s, const std::string& dialect) {
  return apart([&] { return print_openapi_here(s, dialect); });
}

}  // namespace stoa::cli
