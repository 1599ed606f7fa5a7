// The inside of a session: session.cpp has its statements and transactions, session_pipeline.cpp what is sent at once.
#pragma once

#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/store/compact_rows.hpp"
#include "runtime/store/session.hpp"

namespace stoa::runtime {

namespace session_parts {

using steady = std::chrono::steady_clock;

inline double seconds_since(steady::time_point started) {
  return std::chrono::duration<double>(steady::now() - started).count();
}

/// Marks the watch for as long as a call to the server lasts.
class waiting {
 public:
  explicit waiting(session_watch& w) : watch_(w) { watch_.busy(true); }
  ~waiting() { watch_.busy(false); }
  waiting(const waiting&) = delete;
  waiting& operator=(const waiting&) = delete;

 private:
  session_watch& watch_;
};

inline bool hangs_up(std::string_view sqlstate) {
  // Shutdowns, crashes and lost connections; 25006 is a server that has become a standby.
  return sqlstate.starts_with("08") || sqlstate.starts_with("57P0") || sqlstate == "25006";
}

inline std::string field_of(const PGresult* r, int field) {
  const char* text = r ? PQresultErrorField(r, field) : nullptr;
  return text ? text : "";
}

/// Whether the session ends with this answer: the server says so, or there was none.
inline bool ends_session(std::string_view sqlstate, const PGresult* r) {
  const std::string severity = field_of(r, PG_DIAG_SEVERITY_NONLOCALIZED);
  return hangs_up(sqlstate) || severity == "FATAL" || severity == "PANIC";
}

/// The server's words only where they cannot hold values: schema mistakes, constraints, our own RAISE.
inline std::string safe_message(std::string_view sqlstate, const PGresult* r) {
  const char* primary = r ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : nullptr;
  if (primary && (sqlstate.starts_with("42") || sqlstate.starts_with("23") || sqlstate == "P0001")) return primary;
  return "statement refused with SQLSTATE " + std::string(sqlstate);
}

// SOCI does not export the type information of its backends, which the sanitizer's check of dynamic types would ask
// for: only these two functions touch them.
#define STOA_NO_TYPE_CHECK __attribute__((no_sanitize("vptr")))

STOA_NO_TYPE_CHECK inline PGconn*& connection_of(soci::session& sql) {
  return static_cast<soci::postgresql_session_backend*>(sql.get_backend())->conn_;
}

struct statement_parts {
  soci::details::postgresql_result& result;
  const std::vector<std::string>& names;
  const std::string& server_name;
};

STOA_NO_TYPE_CHECK inline statement_parts backend_of(soci::statement& handle) {
  auto* backend = static_cast<soci::postgresql_statement_backend*>(handle.get_backend());
  return {backend->result_, backend->names_, backend->statementName_};
}

#undef STOA_NO_TYPE_CHECK

struct prepared {
  prepared(soci::session& sql, const statement& s) : name(s.name), text(s.sql), handle(sql) {}

  const char* name;
  std::string text;
  soci::statement handle;
  soci::details::postgresql_result* result = nullptr;
  std::string server_name;         ///< what PREPARE called it
  std::vector<std::size_t> order;  ///< which value each of the server's $1, $2, ... is
  // Bound by address: never resized after binding.
  std::vector<std::string> texts;
  std::vector<soci::indicator> indicators;
  histogram* seconds_taken = nullptr;
  counter* errors = nullptr;
};

/// Who acts, and with whose rights, until the transaction ends.
inline constexpr statement act_as{"store.act_as", "select set_config('stoa.acting', :p1::text, true)"};

inline constexpr statement act_in_role{
    "store.act_in_role", "select set_config('stoa.acting', :p1::text, true), set_config('role', :p2::text, true)"};

/// Who waits for somebody else's lock must not hold up the others of a group: it gives up soon, and is run again by
/// itself with the session's own patience.
inline constexpr statement little_patience{"store.little_patience", "select set_config('lock_timeout', '150', true)"};
/// The same together with who acts first.
inline constexpr statement act_first{
    "store.act_first", "select set_config('stoa.acting', :p1::text, true), set_config('lock_timeout', '150', true)"};

/// One answer of the server.
using answer = std::unique_ptr<PGresult, void (*)(PGresult*)>;

/// What a pipeline sends: a command, or a prepared statement with its values.
struct step {
  const char* command = nullptr;
  prepared* what = nullptr;
  const values* bound = nullptr;
  const char* name() const { return command ? command : what->name; }
};
inline const values no_values;

/// How many values a statement wants, from the names SOCI's parser found in it.
inline std::size_t placeholders(const statement& s, const std::vector<std::string>& names) {
  std::size_t most = 0;
  for (const auto& name : names) {
    std::size_t n = 0;
    for (std::size_t i = 1; i < name.size() && n < 1000; ++i)
      n = name[i] >= '0' && name[i] <= '9' ? n * 10 + static_cast<std::size_t>(name[i] - '0') : 1000;
    if (name.size() < 2 || name[0] != 'p' || n == 0 || n >= 1000)
      throw std::logic_error(std::string("statement ") + s.name + " has a placeholder ':" + name + "' that is not :pN");
    most = std::max(most, n);
  }
  return most;
}

struct name_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>{}(s); }
};

}  // namespace session_parts

using namespace session_parts;  // NOLINT: of this folder's two sources alone

struct session::impl {
  impl(const std::string& conninfo, session_watch& w, stoa::metrics* m, bool r)
      : watch(w), meters(m), resets(r), sql(soci::postgresql, conninfo) {
    conn = &connection_of(sql);
    PQsetNoticeProcessor(
        *conn, [](void*, const char*) {}, nullptr);
    watch.opened(PQsocket(*conn));
    if (meters) {
      commit_seconds =
          &meters->distribution("stoa_statement_seconds", "Time a statement took", {{"statement", "commit"}});
    }
  }
  ~impl() {
    watch.closed();
    // Hang up before the kept statements go: each would send a DEALLOCATE of its own, to a server that may be gone.
    PQfinish(*conn);
    *conn = nullptr;
    kept.clear();
  }

  bool broken() const { return PQstatus(*conn) == CONNECTION_BAD; }

  prepared& prepare(const statement& s) {
    const auto found = kept.find(std::string_view(s.name));
    if (found != kept.end()) {
      if (found->second->text == s.sql) return *found->second;
      kept.erase(found);  // another statement of the same name
    }
    auto p = std::make_unique<prepared>(sql, s);
    p->handle.alloc();
    p->handle.prepare(p->text, soci::details::st_repeatable_query);
    const auto made = backend_of(p->handle);
    p->result = &made.result;
    p->server_name = made.server_name;
    const std::size_t count = placeholders(s, made.names);
    for (const auto& name : made.names) p->order.push_back(std::stoul(name.substr(1)) - 1);
    p->texts.resize(count);
    p->indicators.resize(count, soci::i_ok);
    for (std::size_t i = 0; i < count; ++i)
      p->handle.exchange(soci::use(p->texts[i], p->indicators[i], "p" + std::to_string(i + 1)));
    p->handle.define_and_bind();
    if (meters) {
      const metric_labels labels{{"statement", s.name}};
      p->seconds_taken = &meters->distribution("stoa_statement_seconds", "Time a statement took", labels);
      p->errors = &meters->count("stoa_statement_errors_total", "Statements that PostgreSQL refused", labels);
    }
    return *kept.emplace(s.name, std::move(p)).first->second;
  }

  static void check(const prepared& p, const statement& s, const values& v) {
    if (v.size() != p.texts.size())
      throw std::logic_error(std::string("statement ") + s.name + " wants " + std::to_string(p.texts.size()) +
                             " values and got " + std::to_string(v.size()));
    // The protocol ends a text at its first NUL: it would be stored cut off.
    for (const auto& one : v)
      if (one.text() && one.text()->find('\0') != std::string::npos)
        throw sql_error("22021", "a text value holds a NUL character", "", s.name, false);
  }

  void bind(prepared& p, const statement& s, const values& v) {
    check(p, s, v);
    for (std::size_t i = 0; i < v.size(); ++i) {
      const auto& text = v[i].text();
      p.indicators[i] = text ? soci::i_ok : soci::i_null;
      if (text) p.texts[i] = *text;
    }
  }

  prepared& prepare_or_throw(const statement& s) {
    // A statement is read with the names and rights that hold just then.
    if (resets && PQtransactionStatus(*conn) == PQTRANS_IDLE && kept.find(std::string_view(s.name)) == kept.end()) {
      command("RESET ALL", "RESET");
      command("RESET ROLE", "RESET");
    }
    try {
      const waiting w{watch};
      return prepare(s);
    } catch (const soci::postgresql_soci_error& e) {
      const std::string state = e.sqlstate();
      const bool lost = broken() || hangs_up(state);
      // A statement that cannot be prepared has no values in its message yet.
      throw sql_error(lost ? "08006" : state, e.what(), "", s.name, lost);
    } catch (const soci::soci_error& e) {
      throw sql_error("08006", "the session is lost", "", s.name, true);
    }
  }

  /// SOCI leaves the buffers of a failed execution behind; bound anew, the statement can be executed again.
  void after_failure(prepared& p) {
    p.handle.undefine_and_bind();
    p.handle.define_and_bind();
  }

  /// Its prepared form went out of date.
  void forget(const statement& s) { kept.erase(kept.find(std::string_view(s.name))); }

  void trim(prepared& p) {
    constexpr std::size_t keep = 64 * 1024;
    for (auto& text : p.texts)
      if (text.capacity() > keep) std::string().swap(text);
  }

  sql_error error_of(const char* name, const soci::soci_error& e, const PGresult* r) const {
    std::string state = field_of(r, PG_DIAG_SQLSTATE);
    if (state.empty()) {
      if (const auto* p = dynamic_cast<const soci::postgresql_soci_error*>(&e)) state = p->sqlstate();
      if (state.find_first_not_of(' ') == std::string::npos) state = "08006";
    }
    const bool lost = broken() || ends_session(state, r);
    return {state, safe_message(state, r), field_of(r, PG_DIAG_CONSTRAINT_NAME), name, lost};
  }

  /// A refusal in a pipeline; with `lost()` where it is none.
  sql_error error_of(const char* name, const PGresult* r) const {
    std::string state = field_of(r, PG_DIAG_SQLSTATE);
    if (state.empty()) return broken_off(name);
    return {state, safe_message(state, r), field_of(r, PG_DIAG_CONSTRAINT_NAME), name,
            broken() || ends_session(state, r)};
  }
  static sql_error broken_off(const char* name) { return {"08006", "the session is lost", "", name, true}; }

  /// The statement by which the user is set until the transaction ends, and the role where it or the last one has any.
  step act(const acting& who, std::deque<values>& kept_values, const acting& last = {}) {
    if (resets || !who.role().empty() || !last.role().empty()) {
      kept_values.push_back({who.text(), who.role().empty() ? std::string("none") : who.role()});
      return {nullptr, &prepare_or_throw(act_in_role), &kept_values.back()};
    }
    kept_values.push_back({who.text()});
    return {nullptr, &prepare_or_throw(act_as), &kept_values.back()};
  }

  /// What takes back the settings of whoever had the session before. Prepared statements stay; it is a part of the
  /// call's own transaction, and comes again with the next one where that is undone.
  void take_back(std::vector<step>& steps) const {
    if (!resets) return;
    steps.push_back({"RESET ALL", nullptr, nullptr});  // but for the role, which `act` sets
  }

  /// The first steps of a group: little patience, and whom its first statement is for.
  void begin_group(std::vector<step>& steps, const acting& who, std::deque<values>& kept_values) {
    take_back(steps);
    if (!resets && who.role().empty() && !who.nobody()) {
      kept_values.push_back({who.text()});
      return steps.push_back({nullptr, &prepare_or_throw(act_first), &kept_values.back()});
    }
    steps.push_back({nullptr, &prepare_or_throw(little_patience), &no_values});
    if (resets || !who.nobody()) steps.push_back(act(who, kept_values));
  }

  /// Sends all steps at once and takes their answers, one each, the server's refusals among them: what comes after a
  /// refusal was not executed. One more answer is a refusal of the end. Anything else that happens after the first byte
  /// has left is a lost session.
  std::vector<answer> pipeline(const std::vector<step>& steps);
  std::vector<answer> send_and_take(const std::vector<step>& steps);

  static bool took_place(const answer& r) {
    const auto status = PQresultStatus(r.get());
    return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
  }
  static rows rows_of(const answer& r) {
    return PQntuples(r.get()) > 0 ? rows(std::make_shared<compact_rows>(r.get())) : rows();
  }

  /// A command without values or rows.
  void command(const char* text, const char* expected_tag) {
    PGresult* raw = nullptr;
    {
      const waiting w{watch};
      raw = PQexec(*conn, text);
    }
    const std::unique_ptr<PGresult, void (*)(PGresult*)> r{raw, PQclear};
    if (PQresultStatus(raw) != PGRES_COMMAND_OK) {
      std::string state = field_of(raw, PG_DIAG_SQLSTATE);
      if (state.empty()) state = "08006";
      throw sql_error(state, safe_message(state, raw), field_of(raw, PG_DIAG_CONSTRAINT_NAME), text,
                      broken() || ends_session(state, raw));
    }
    // COMMIT of a transaction in which a statement has failed succeeds, with the tag ROLLBACK.
    if (std::strcmp(PQcmdStatus(raw), expected_tag) != 0)
      throw sql_error("25P02", "the transaction was rolled back", "", text, false);
  }

  session_watch& watch;
  stoa::metrics* meters;
  const bool resets;
  histogram* commit_seconds = nullptr;
  soci::session sql;
  PGconn** conn = nullptr;  // the backend's own
  std::unordered_map<std::string, std::unique_ptr<prepared>, name_hash, std::equal_to<>> kept;
};

}  // namespace stoa::runtime
