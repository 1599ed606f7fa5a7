// What the domain stands on. Made by the house before the first request.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "runtime/entity/alarms.hpp"
#include "runtime/entity/directory.hpp"
#include "runtime/entity/host.hpp"
#include "runtime/entity/system.hpp"
#include "stoa/areas/courses.hpp"
#include "stoa/db.hpp"
#include "stoa/events.hpp"
#include "stoa/log.hpp"
#include "stoa/metrics.hpp"
#include "stoa/registry.hpp"

namespace stoa::actors {

struct services {
  stoa::database& db;
  const stoa::clock& time;
  stoa::logger& log;
  stoa::metrics& metrics;
  runtime::actor_system& actors;
  runtime::alarms& alarms;
  registry& areas;                       ///< where each area offers its facade and finds the others'
  std::size_t mailbox = 64;              ///< commands that may wait for one entity
  std::function<void()> events_written;  ///< called after a commit that wrote events
  std::size_t course_bytes = 0;          ///< of the courses in memory; 0: no bound
  /// Called after a commit with the course as it stands then, and after a category was made; set by the catalogue.
  std::function<void(const course&)> course_committed = {};
  std::function<void()> categories_changed = {};

  /// What the facades want to hear of, in every process: what readers here rely on and others write.
  std::vector<observer> observers = {};
  /// Every directory, for passivation and the count of live actors by kind.
  std::vector<runtime::any_directory*> directories = {};
};

/// What the entities of any kind stand on.
inline runtime::entity_options entity_options_of(services& s) {
  return {s.db,      s.time,         s.log,     s.mailbox, s.actors.ask_timeout(), s.events_written,
          &s.alarms, s.course_bytes, &s.metrics};
}

}  // namespace stoa::actors
