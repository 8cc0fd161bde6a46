%% 64 bytes go in a message to another process and back: so many times. The bytes are in the message, not shared: BEAM
%% copies binaries of up to 64 bytes.
-module(message).
-export([main/1]).

main([Turns]) ->
    Message = binary:copy(<<"x">>, 64),
    Child = spawn(fun echo/0),
    Wrong = go(list_to_integer(Turns), Child, Message, 0),
    Child ! stop,
    io:format("wrong: ~p~n", [Wrong]),
    halt(0).

go(0, _, _, Wrong) -> Wrong;
go(Turns, Child, Message, Wrong) ->
    Child ! {self(), Message},
    receive
        Back when byte_size(Back) =:= 64 -> go(Turns - 1, Child, Message, Wrong);
        _ -> go(Turns - 1, Child, Message, Wrong + 1)
    end.

echo() ->
    receive
        {From, Message} -> From ! Message, echo();
        stop -> ok
    end.
