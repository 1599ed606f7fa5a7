#include "cli/plugin_commands.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <thread>

#include "cli/admin_socket.hpp"
#include "cli/apart.hpp"
#include "cli/database_visit.hpp"
#include "cli/leftovers.hpp"
#include "cli/mounting.hpp"
#include "runtime/crash/marker.hpp"
#include "runtime/plugin/elf.hpp"
#include "runtime/plugin/library.hpp"
#include "stoa/build_facts.hpp"
#include "stoa/json.hpp"

namespace stoa::cli {

namespace fs = std::filesystem;

namespace {

void write_plugin(json_writer& w, const runtime::plugin_info& p, const lag_of& lag = {}) {
  const auto text = [&](const char* key, const std::string& value) {
    w.key(key);
    w.string(value);
  };
  w.begin_object();
  text("id", p.id);
  text("version", p.version);
  text("state", std::string(name_of(p.state)));
  text("since", rfc3339(p.since));
  text("dir", p.dir.string());
  w.key("required");
  w.boolean(p.required);
  if (p.trouble) {
    text("step", p.trouble->step);
    text("reason", p.trouble->reason);
  }
  w.key("steps");
  w.begin_array();
  for (const auto& s : p.steps) {
    w.begin_object();
    text("name", s.name);
    w.key("milliseconds");
    w.integer(s.took.count());
    w.end_object();
  }
  w.end_array();
  w.key("subscriptions");
  w.begin_array();
  for (const auto& name : p.subscriptions) {
    w.begin_object();
    text("name", name);
    if (const auto behind = lag ? lag(name) : std::nullopt) {
      w.key("behind");
      w.integer(*behind);
    }
    w.end_object();
  }
  w.end_array();
  w.key("breakers");
  w.begin_array();
  for (const auto& b : p.breakers) {
    w.begin_object();
    text("kind", b.kind);
    text("name", b.name);
    text("state", b.state);
    w.end_object();
  }
  w.end_array();
  w.end_object();
}

std::string refused(const std::string& why) {
  json_writer w;
  w.begin_object();
  w.key("error");
  w.string(why);
  w.end_object();
  return w.take();
}

std::string told(const std::string& text) {
  json_writer w;
  w.begin_object();
  w.key("text");
  w.string(text);
  w.end_object();
  return w.take();
}

std::string text_in(const json& from, const char* key) {
  const auto* found = from.find(key);
  return found && found->is_string() ? found->text() : std::string();
}

/// The server's answer; nothing where none runs. What it refuses is thrown.
std::optional<json> ask(const runtime::settings& s, const std::string& command, const std::string& plugin = {}) {
  json_writer w;
  w.begin_object();
  w.key("command");
  w.string(command);
  w.key("plugin");
  w.string(plugin);
  w.end_object();
  const auto line = ask_server(s.data.dir, w.take());
  if (!line) return std::nullopt;
  auto answer = json::parse(*line, {.depth = 16, .values = 1'000'000});
  if (!answer) throw std::runtime_error("the server's answer cannot be read");
  if (const auto why = text_in(*answer, "error"); !why.empty()) throw settings_error(why);
  return std::move(answer).value();
}

/// What the folder and the journal tell where no server runs.
std::vector<runtime::plugin_info> found_plugins(const runtime::settings& s) {
  auto o = plugging(s);
  if (fs::exists(crash_file(s))) o.journal = std::make_shared<runtime::crash_journal>(crash_file(s));
  return runtime::list_plugins(o);
}

/// The plugins as JSON, from whoever knows best.
json known_plugins(const runtime::settings& s) {
  if (auto answer = ask(s, "status")) return *answer;
  json_writer w;
  w.begin_object();
  w.key("plugins");
  w.begin_array();
  for (const auto& p : found_plugins(s)) write_plugin(w, p);
  w.end_array();
  w.end_object();
  return json::parse(w.take()).value();
}

const std::vector<json>& plugins_in(const json& answer) {
  static const std::vector<json> none;
  const auto* all = answer.find("plugins");
  return all && all->is_array() ? all->items() : none;
}

/// The jobs of a plugin that are not done, and what was set aside of its events.
void print_work(runtime::plain_connection& db, const std::string& id) {
  db.run("select set_config('stoa.acting', 'system', false)");
  for (const auto& row : db.run("select kind, state, count(*) from job where split_part(kind, '.', 1) = $1 "
                                "and position('.' in kind) > 0 and state <> 'done' group by 1, 2 order by 1, 2",
                                {id}))
    std::printf("  %-30s %s jobs %s\n", row.at(0).value_or("").c_str(), row.at(2).value_or("0").c_str(),
                row.at(1).value_or("").c_str());
  if (!db.run("select to_regclass('public.dead_event')").at(0).at(0)) return;
  for (const auto& row : db.run("select subscription, count(*), max(reason) from dead_event "
                                "where split_part(subscription, '.', 1) = $1 group by 1 order by 1",
                                {id}))
    std::printf("  %-30s %s events set aside: %s\n", row.at(0).value_or("").c_str(), row.at(1).value_or("0").c_str(),
                row.at(2).value_or("").c_str());
}

}  // namespace

std::string answer_operator(runtime::runtime_plugin_host& plugins, const lag_of& lag, const std::string& line) {
  const auto asked = json::parse(line);
  if (!asked || !asked->is_object()) return refused("expected an object with a command");
  const auto command = text_in(*asked, "command");
  const auto id = text_in(*asked, "plugin");
  if (command == "status") {
    json_writer w;
    w.begin_object();
    w.key("plugins");
    w.begin_array();
    for (const auto& p : plugins.list()) write_plugin(w, p, lag);
    w.end_array();
    w.end_object();
    return w.take();
  }
  if (command != "reset") return refused("there is no command " + command);
  try {
    return told(plugins.reset(id));
  } catch (const std::exception& e) {
    return refused(e.what());
  }
}

int list_plugins(const runtime::settings& s) {
  const auto all = known_plugins(s);
  for (const auto& p : plugins_in(all)) {
    std::printf("%-20s %-10s %-12s %s\n", text_in(p, "id").c_str(), text_in(p, "version").c_str(),
                text_in(p, "state").c_str(), text_in(p, "dir").c_str());
    if (const auto why = text_in(p, "reason"); !why.empty()) std::printf("  %s\n", why.c_str());
  }
  return 0;
}

int plugin_status(const runtime::settings& s, const std::string& id, bool as_json) {
  const auto answer = ask(s, "status");
  if (!answer) throw settings_error("no server runs with the data directory " + s.data.dir.string());
  if (as_json) {
    json_writer w;
    w.begin_array();
    for (const auto& p : plugins_in(*answer))
      if (id.empty() || text_in(p, "id") == id) w.raw(p.dump());
    w.end_array();
    std::cout << w.take() << '\n';
    return 0;
  }
  database_visit db(s);
  bool any = false;
  for (const auto& p : plugins_in(*answer)) {
    const auto own = text_in(p, "id");
    if (!id.empty() && own != id) continue;
    any = true;
    const auto* required = p.find("required");
    std::printf("%s %s: %s since %s%s\n", own.c_str(), text_in(p, "version").c_str(), text_in(p, "state").c_str(),
                text_in(p, "since").c_str(), required && required->as_boolean() ? ", required" : "");
    if (const auto why = text_in(p, "reason"); !why.empty()) std::printf("  %s\n", why.c_str());
    if (const auto* steps = p.find("steps"))
      for (const auto& step : steps->items())
        std::printf("  %-30s %lld ms\n", text_in(step, "name").c_str(),
                    static_cast<long long>(step.find("milliseconds")->as_integer().value_or(0)));
    if (const auto* subscriptions = p.find("subscriptions"))
      for (const auto& one : subscriptions->items())
        if (const auto* behind = one.find("behind"))
          std::printf("  %-30s %s events behind\n", text_in(one, "name").c_str(), behind->text().c_str());
    if (const auto* breakers = p.find("breakers"))
      for (const auto& b : breakers->items())
        if (text_in(b, "state") != "closed")
          std::printf("  breaker of the %s %s is %s\n", text_in(b, "kind").c_str(), text_in(b, "name").c_str(),
                      text_in(b, "state").c_str());
    print_work(*db, own);
  }
  if (!any) throw settings_error("there is no plugin " + id);
  return 0;
}

int reset_plugin(const runtime::settings& s, const std::string& id) {
  if (const auto answer = ask(s, "reset", id)) {
    std::cout << text_in(*answer, "text") << '\n';
    return 0;
  }
  const auto all = found_plugins(s);
  if (std::none_of(all.begin(), all.end(), [&](const auto& p) { return p.id == id; }))
    throw settings_error("there is no plugin " + id);
  const auto gone = fs::exists(crash_file(s)) ? runtime::crash_journal(crash_file(s)).forget(id) : 0;
  std::printf("%zu crashes of %s are forgotten\n", gone, id.c_str());
  return 0;
}

int purge_plugin(const runtime::settings& s, const std::string& id, bool sure) {
  if (!sure) throw settings_error("this drops all tables, offsets and jobs of " + id + " for good: say --yes");
  const auto on_disk = runtime::discover(plugins_folder(s));
  const bool installed = std::any_of(on_disk.begin(), on_disk.end(), [&](const auto& m) { return m.id == id; });
  const auto& by_settings = s.plugins.disabled;
  if (installed && std::find(by_settings.begin(), by_settings.end(), id) == by_settings.end())
    switch_plugin(s, id, false);
  const auto until = std::chrono::steady_clock::now() + minutes{2};
  const auto runs = [&] {
    const auto answer = ask(s, "status");
    if (!answer) return false;
    const auto& all = plugins_in(*answer);
    return std::any_of(all.begin(), all.end(), [&](const json& p) {
      const auto state = text_in(p, "state");
      return text_in(p, "id") == id && (state == "started" || state == "draining");
    });
  };
  while (runs()) {
    if (std::chrono::steady_clock::now() > until) throw std::runtime_error(id + " does not leave service");
    std::this_thread::sleep_for(milliseconds{200});
  }
  return drop_leftovers(s, id);
}

namespace {

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw settings_error("cannot read " + file.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Where nothing but a library is given: whether it would load here at all.
int check_library(const fs::path& file) {
  const auto bytes = bytes_of(file);
  if (const auto trouble = runtime::elf_trouble(bytes); !trouble.empty())
    throw settings_error(file.string() + ": " + trouble);
  std::printf("whole: yes\n");
  const auto facts = runtime::elf_section(bytes, ".stoa_facts");
  if (facts.empty()) throw settings_error(file.string() + ": expected a library with STOA_PLUGIN, found none");
  if (const auto differ = runtime::facts_that_differ(STOA_BUILD_FACTS, facts); !differ.empty())
    throw settings_error(file.string() + ": expected a library built as this server is: " + differ);
  std::printf(
      "built as this server is: yes\nThe manifest, the hash and the areas are checked with the plugin's folder.\n");
  return 0;
}

int check_folder(const runtime::settings& s, const fs::path& dir) {
  const auto m = runtime::read_manifest(dir);
  std::printf("plugin: %s %s (%s)\n", m.id.c_str(), m.version.c_str(), m.license.c_str());
  runtime::verify(m);
  std::printf("manifest, hash, fingerprint and areas: in order\n");
  std::printf("signature: %s\n", runtime::check_signature(m, plugging(s).signatures).c_str());
  for (const auto& id : m.requires_ids) std::printf("requires: %s\n", id.c_str());
  std::fflush(stdout);
  return apart([&] {
    const runtime::in_code_of mark(m.id.c_str(), "open");
    const auto* entry = &runtime::open_library(m);
    std::printf("entry: %s %s, %zu settings, %zu statements\n", entry->id, entry->version, entry->settings_count,
                runtime::statements_of(*entry).size());
    std::printf("%s can be loaded by this server\n", m.id.c_str());
    return 0;
  });
}

}  // namespace

int check_plugin(const runtime::settings& s, const fs::path& what) {
  if (fs::is_directory(what)) return check_folder(s, what);
  const auto folder = what.has_parent_path() ? what.parent_path() : fs::path(".");
  if (fs::exists(folder / "plugin.toml") && runtime::read_manifest(folder).library == what.filename())
    return check_folder(s, folder);
  return check_library(what);
}

int make_plugin_key(const fs::path& file) {
  std::cout << runtime::make_signing_key(file) << '\n';
  return 0;
}

int sign_plugin(const fs::path& dir, const fs::path& key) {
  runtime::read_manifest(dir);
  const auto who = runtime::sign_plugin(dir, key);
  std::printf("signed %s with %s\n", dir.c_str(), who.c_str());
  return 0;
}

}  // namespace stoa::cli
