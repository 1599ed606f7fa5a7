// What a plugin is to the host, and the host to a plugin.
//
// A plugin is a folder: plugin.toml, one shared library, migrations/. The library exports one C function,
// `stoa_plugin_entry`, which STOA_PLUGIN defines. All its code lives in namespace stoa_plugin::<id>.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "stoa/awaiting.hpp"
#include "stoa/build_facts.hpp"
#include "stoa/db.hpp"
#include "stoa/events.hpp"
#include "stoa/fingerprint.hpp"
#include "stoa/hosted.hpp"
#include "stoa/http_client.hpp"
#include "stoa/jobs.hpp"
#include "stoa/log.hpp"
#include "stoa/metrics.hpp"
#include "stoa/offload.hpp"
#include "stoa/registry.hpp"
#include "stoa/routes.hpp"
#include "stoa/settings.hpp"

namespace stoa {

/// What the host offers. Everything outlives the plugin's instance.
class plugin_host {
 public:
  virtual ~plugin_host();

  /// The plugin's own section, checked against its schema. It does not change while the server runs.
  virtual const settings_view& settings() const = 0;
  /// Where the plugin lies, its manifest and library, and whatever files it brings along beside them: an absolute path.
  /// Theirs to read; what a plugin writes belongs elsewhere. Any thread.
  virtual std::filesystem::path folder() const = 0;
  /// Log lines that bear the plugin's id. Any thread.
  virtual stoa::logger& log() = 0;
  /// Series of this plugin. Any thread; a series is never taken away.
  virtual stoa::metrics& metrics() = 0;    ///< names become plugin_<id>_<name>
  virtual stoa::database& database() = 0;  ///< tables are plugin_<id>.<table>; statements become plugin_<id>.<name>
  /// Calls to the outside world: bounded, without redirects, to public addresses. Any thread.
  virtual stoa::http_client& http() = 0;
  virtual stoa::offload& offload() = 0;  ///< threads for what computes for milliseconds: documents, images, archives
  /// The server's clock: ask it, never the system, so that tests can move time. Any thread.
  virtual const stoa::clock& clock() const = 0;

  /// What an area offers: `host.use<stoa::orders>()`. The area must stand in the manifest's `needs`, otherwise
  /// registry_error, as where nobody offers it. The areas outlive every plugin.
  template <class I>
  I& use() {
    return *static_cast<I*>(required(I::interface));
  }
  /// What another plugin offers under a name, null where nobody does. Look it up whenever it is needed: the other one
  /// may be taken out of service.
  template <class I>
  std::shared_ptr<I> find(const std::string& name = {}) {
    return std::static_pointer_cast<I>(found(I::interface, name));
  }
  /// Offers something to the core and to other plugins, from `wire` on and for as long as this plugin is in service.
  template <class I>
  void offer(std::shared_ptr<I> implementation, std::string name = {}) {
    offered(I::interface, std::move(name), std::static_pointer_cast<void>(std::move(implementation)));
  }

  /// Keys of this plugin's own for a purpose, 32 bytes each, made from the server's `[security] token_key`, and from
  /// the one before it where there is one: sign with the first, verify with all. The same on every server of one key;
  /// no other plugin and no other purpose has them. For what is signed for a while (stoa/signed_links.hpp), never to be
  /// stored.
  virtual std::vector<std::string> signing_keys(std::string_view purpose) const = 0;

  /// Whether `[server] environment` is `production`: development defaults must be refused then.
  virtual bool production() const = 0;
  /// The server's own address for links it makes outside a request, without a final slash: `http://127.0.0.1:8000`.
  virtual std::string public_url() const = 0;

  /// The address of a route that this server serves, for callers outside: `url_of(d, "/payments/webhooks/stripe/")`.
  /// Empty before the server listens, as public_url() is.
  virtual std::string url_of(const dialect& d, std::string_view pattern) const = 0;

  /// The routes of a dialect, for `wire` to add to. Throws std::logic_error where there is no such dialect.
  virtual route_table& routes(const dialect& d) = 0;
  /// A subscription of this plugin; its stored name gets the plugin's id in front.
  virtual void subscribe(subscription s) = 0;
  /// The same, typed: `host.consume<enrollment_created>("inbox", handler)`, where the handler is
  /// `result<done>(connection&, const batch_of<E...>&)`. Once for all processes on one database.
  template <event_facts... E, class Handler>
  void consume(std::string name, Handler handler, from begin = from::beginning) {
    subscribe(stoa::consume<E...>(std::move(name), std::move(handler), begin));
  }
  /// A consumer that has to ask before it writes: `host.consume_awaiting<E...>("badges", handler)`, where the handler
  /// is `task<event_write>(batch_of<E...>)`. See stoa/awaiting.hpp.
  virtual void subscribe(awaiting_subscription s) = 0;
  template <event_facts... E, class Handler>
  void consume_awaiting(std::string name, Handler handler, from begin = from::beginning) {
    subscribe(stoa::consume_awaiting<E...>(std::move(name), std::move(handler), begin));
  }
  /// Hears of events in every process while the plugin is started. See `observer`.
  virtual void watch(observer o) = 0;
  /// The same, typed: the handler is called with the `heard<E>` of each.
  template <event_facts... E, class Handler>
  void observe(std::string name, Handler handler) {
    watch(stoa::observe<E...>(std::move(name), std::move(handler)));
  }
  /// Works on a kind of durable job while the plugin is started; the kind begins with the plugin's id and a dot.
  virtual void work_on(job_worker w) = 0;
  /// The same, typed: `host.work_on<send_receipt>(work)`, where the work is `task<done>(send_receipt, job)`.
  template <job_facts J, class Work>
  void work_on(Work work, job_policy policy = {}) {
    work_on(worker_of<J>(std::move(work), policy));
  }
  /// Entities of a described kind (stoa/entities.hpp), hosted as the core's own are: `auto badges =
  /// host.entity<badge_kind>()` in `wire`. A kind's statements run through `database()`; its metrics and log lines bear
  /// the plugin's id. While the plugin is out of service they answer `unavailable` and their alarms wait.
  template <class Kind>
  entity_of<Kind> entity() {
    return entity_of<Kind>(hosted(detail::hosted_kind_of<Kind>::type()));
  }
  /// Jobs were queued in a transaction that has committed: they are looked for at once, not with the next look.
  virtual void jobs_queued() = 0;
  /// Runs `work` about every `period` while the plugin is started, one run at a time, on the plugin's threads.
  virtual void every(std::string name, milliseconds period, std::function<task<done>()> work) = 0;

 protected:
  // What use, find, offer and entity stand on, without types.
  virtual void* required(const interface_id& what) = 0;
  virtual std::shared_ptr<void> found(const interface_id& what, const std::string& name) = 0;
  virtual void offered(const interface_id& what, std::string name, std::shared_ptr<void> implementation) = 0;
  virtual std::shared_ptr<hosted_entities> hosted(const hosted_kind_type& kind) = 0;
};

/// A plugin's instance. Calls come one after another, in this order, from the host's thread.
class plugin {
 public:
  virtual ~plugin();
  /// Reads and checks settings; throws settings_error to refuse.
  virtual void configure(plugin_host& host) = 0;
  /// Declares routes, subscriptions and periodic work.
  virtual void wire(plugin_host& host) = 0;
  /// Everything that is started by this plugin alone begins here; requests, events and jobs may come from now on.
  virtual void start() {}
  /// No new requests come after this; finish what runs.
  virtual void drain() {}
  /// The last call: nothing of the plugin runs any more. What it throws is logged.
  virtual void stop() {}
};

/// What the library's entry point returns. `size` comes first so that members can be added behind.
struct plugin_entry {
  std::size_t size;
  const char* fingerprint;
  const char* id;
  const char* version;
  const setting* settings;
  std::size_t settings_count;
  plugin* (*create)();
  void (*destroy)(plugin*);
  const char* facts;  ///< STOA_BUILD_FACTS as the library's compiler saw it
};

using plugin_entry_function = const plugin_entry* (*)();

}  // namespace stoa

/// Defines the entry point. Use once, at namespace scope: STOA_PLUGIN("payments", "1.0.0", payments_plugin,
/// settings_array)
#define STOA_PLUGIN(ID, VERSION, CLASS, SETTINGS)                                                         \
  __attribute__((section(".stoa_facts"), used)) static const char stoa_plugin_facts[] = STOA_BUILD_FACTS; \
  extern "C" __attribute__((visibility("default"))) const ::stoa::plugin_entry* stoa_plugin_entry() {     \
    static const ::stoa::plugin_entry entry{sizeof(::stoa::plugin_entry),                                 \
                                            STOA_SDK_FINGERPRINT,                                         \
                                            ID,                                                           \
                                            VERSION,                                                      \
                                            (SETTINGS).data(),                                            \
                                            (SETTINGS).size(),                                            \
                                            []() -> ::stoa::plugin* { return new CLASS; },                \
                                            [](::stoa::plugin* p) { delete p; },                          \
                                            stoa_plugin_facts};                                           \
    return &entry;                                                                                        \
  }
