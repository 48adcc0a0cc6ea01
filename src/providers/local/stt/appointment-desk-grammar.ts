/**
 * What callers may say to the appointment desk, as JSGF (https://www.w3.org/TR/jsgf/): requests, days and times,
 * answers, and their fragments before a pause. Words are spelt as in SoundSwallower's dictionary. Time and day rules
 * are used in few places, since the recogniser copies a rule to each place that uses it. Low weights suppress phrases
 * that noise and other speech are often mistaken for: long requests, digits, "oh", and "uh-huh", which resembles a
 * cough.
 */
export const appointmentDeskGrammar = `#JSGF V1.0;
grammar appointment_desk;

public <utterance> = /1/ <phrase> | /1e-7/ <head> [please] | /1e-4/ <with_when> | /1e-12/ <number>;

<with_when> = ( /1e-3/ ( <book_head> | <move_head> | <other_head> ) | /1/ <answer_head> ) <when> [please];
<head> = <book_head> | <move_head> | <other_head> | [<yes_no>] <polite>;

<book_head>   = [<opening>] ( [<polite>] ( <book> <an_appointment> | book ) | an appointment ) [for | on | at];
<move_head>   = [<opening>] [<polite>] ( <move> [<the_appointment>] [to | for] | make it );
<other_head>  = [<opening>] [<polite>] ( cancel | check ) [<the_appointment> [for | on]];
<answer_head> = [<yes_no>] [i said | how about | what about] [for | on | at];

<opening> = hello | yes | no | stop;
<yes_no>  = yes | no;
<polite>  = i would like to | i'd like to | i want to | i need to | can i | could i | can you | please;

<book> = book | make | schedule;
<move> = reschedule | move | change;
<an_appointment>  = ( an | my | the ) appointment;
<the_appointment> = ( my | the ) appointment | it;

<when>     = <day> [<day_part>] [[at] <time>] | <time> [on <weekday> | today | tomorrow];
<day>      = [next] <weekday> | today | tomorrow | next week;
<weekday>  = monday | tuesday | wednesday | thursday | friday | saturday | sunday;
<day_part> = morning | afternoon | evening;
<time>     = ( <hour> [o'clock | fifteen | thirty | forty five] | ( half past | quarter past | quarter to ) <hour> )
             [in the <day_part> | a.m. | p.m.]
           | noon;
<hour>     = one | two | three | four | five | six | seven | eight | nine | ten | eleven | twelve;

<phrase> = /1/ <yes> | /1/ <no> | /1/ <repeat> | /1/ <closing> | /1/ <hold> | /0.01/ <question> | /0.01/ <person> | /0.01/ mhm | /1e-4/ uh-huh;
<yes>    = yes [please | that's right | that is correct] | yeah | sure | okay | that's right | that is correct
         | that's fine | sounds good | go ahead | confirm;
<no>     = no [thank you | thanks] | that's wrong;
<hold>   = stop | wait | hold on | one moment;
<repeat> = [can you | please] ( repeat that | say that again ) [please] | what was that | what did you say | pardon;
<person> = [<polite>] ( speak | talk ) ( to | with ) ( a ( human | person ) | ( an | the ) operator | ( a | the ) receptionist | someone )
           [please]
         | operator | receptionist;
<question> = ( when is | what time is ) <the_appointment>
           | do i have an appointment [( on | for ) <weekday> | today | tomorrow]
           | what are your [opening] hours | when are you open | are you open ( on <weekday> | today | tomorrow );
<closing>  = hello | good morning | good afternoon
           | goodbye | bye bye | thank you [very much] [goodbye] | thanks
           | [no] that's all [thank you | thanks] | nothing else;

<number> = <digit> <digit> <digit>+;
<digit>  = /1e-4/ oh | /1/ zero | /1/ one | /1/ two | /1/ three | /1/ four | /1/ five | /1/ six | /1/ seven | /1/ eight | /1/ nine;
`;
